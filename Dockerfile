# syntax=docker/dockerfile:1.24.0@sha256:87999aa3d42bdc6bea60565083ee17e86d1f3339802f543c0d03998580f9cb89
# One image with kami-api, kami-expire and kami, and nothing else: no shell, no libraries. Builds alike on x86_64 and
# arm64. docker-compose.yml says how each program is started and how its health is asked.

# scripts/check-images knows how a digest is looked up; a tag alone may be given to something else
FROM rust:1.95.0-slim-bookworm@sha256:d7482085ff5b415f84dba5647ae71606650bdef00db7aeb69f4b3d170c3e4082 AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
# no versions of packages: Debian's archive keeps only the newest of a release
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install --yes --no-install-recommends ca-certificates musl-tools && \
    rm -rf /var/lib/apt/lists/* && \
    rustup target add "$(uname -m)-unknown-linux-musl"
WORKDIR /kami
COPY . .
# the caches stay with the builder, so that a change of kami does not build its dependencies again
RUN --mount=type=cache,target=/usr/local/cargo/registry \
    --mount=type=cache,target=/kami/target \
    scripts/build-static /image/bin && \
    mkdir -p /image/home/kami

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/
COPY --from=build /image/bin /usr/local/bin
# what the console remembers
COPY --from=build --chown=65532:65532 /image/home /home
ENV HOME=/home/kami
WORKDIR /home/kami
USER 65532:65532
CMD ["kami-api"]
