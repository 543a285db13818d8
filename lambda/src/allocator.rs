//! The memory allocator of static binaries. musl's own has one lock for all threads: with it a request costs a third
//! more processor time.

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;
