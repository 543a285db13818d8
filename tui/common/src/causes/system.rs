//! Why the system refused, in the reader's language: files, the network, terminals.

use std::io::{Error, ErrorKind};

use crate::words::{Language, say};

/// Numbers of Linux that the standard library has no kind for.
const NUMBERS: &[(i32, &str)] = &[
    (5, "device"),
    (6, "device"),
    (19, "device"),
    (23, "too_many_files"),
    (24, "too_many_files"),
    (40, "link_loop"),
    (125, "interrupted"),
];

/// Why, without a full stop; the number stands behind what has no words.
pub fn refusal(language: Language, error: &Error) -> String {
    let number = error.raw_os_error();
    let key = match error.kind() {
        ErrorKind::NotFound => "not_found",
        ErrorKind::PermissionDenied => "permission",
        ErrorKind::AlreadyExists => "exists",
        ErrorKind::IsADirectory => "is_directory",
        ErrorKind::NotADirectory => "not_directory",
        ErrorKind::DirectoryNotEmpty => "not_empty",
        ErrorKind::InvalidFilename => "name",
        ErrorKind::StorageFull => "full",
        ErrorKind::QuotaExceeded => "quota",
        ErrorKind::FileTooLarge => "file_too_large",
        ErrorKind::ReadOnlyFilesystem => "read_only",
        ErrorKind::ResourceBusy | ErrorKind::ExecutableFileBusy => "busy",
        ErrorKind::StaleNetworkFileHandle => "stale",
        ErrorKind::BrokenPipe | ErrorKind::WriteZero => "broken_pipe",
        ErrorKind::InvalidData => "not_text",
        ErrorKind::InvalidInput => "input",
        ErrorKind::UnexpectedEof => "cut_off",
        ErrorKind::OutOfMemory => "memory",
        ErrorKind::Interrupted => "interrupted",
        ErrorKind::TimedOut | ErrorKind::WouldBlock => "timed_out",
        ErrorKind::Unsupported
        | ErrorKind::CrossesDevices
        | ErrorKind::NotSeekable
        | ErrorKind::TooManyLinks => "unsupported",
        ErrorKind::ConnectionRefused => "refused",
        ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::NotConnected => "reset",
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable | ErrorKind::NetworkDown => "unreachable",
        ErrorKind::AddrInUse | ErrorKind::AddrNotAvailable => "address",
        _ => {
            let known = NUMBERS.iter().find(|(known, _)| number == Some(*known));
            known.map_or("other", |(_, key)| key)
        }
    };
    match (key, number) {
        ("other", Some(number)) => say!(language, "system.number", number = number),
        _ => say!(language, format!("system.{key}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_system_refuses_has_words_in_both_languages() {
        // ENOENT, EACCES, EISDIR and so on of Linux, those without a kind among them, and one that nobody gave a word.
        for (number, english, chinese) in [
            (2, "there is no such file or folder", "没有这个文件或目录"),
            (13, "permission denied", "权限不足"),
            (17, "it is there already", "已经存在"),
            (20, "a part of the path is no folder", "路径中有一段不是目录"),
            (21, "it is a folder", "这是一个目录"),
            (24, "too many files are open", "打开的文件过多"),
            (28, "the disk is full", "磁盘已满"),
            (30, "the disk is read-only", "磁盘是只读的"),
            (32, "whoever reads it has gone", "读取方已关闭"),
            (36, "the name is not allowed there", "文件名不被接受"),
            (40, "links lead in a circle", "符号链接循环"),
            (104, "the connection was broken off", "连接被中断"),
            (110, "there was no answer in time", "没有及时响应"),
            (111, "the connection was refused", "连接被拒绝"),
            (113, "there is no way there", "网络不通"),
            (122, "your share of the disk is used up", "磁盘配额已用完"),
            (95, "that is not possible there", "此处不支持该操作"),
            (99_999, "the system gives the error 99999", "系统错误 99999"),
        ] {
            let error = Error::from_raw_os_error(number);
            assert!(refusal(Language::ENGLISH, &error).starts_with(english), "{error}");
            assert!(refusal(Language::of_locale("zh"), &error).starts_with(chinese), "{error}");
        }
        let no_text = Error::new(ErrorKind::InvalidData, "stream did not contain valid UTF-8");
        assert!(refusal(Language::ENGLISH, &no_text).starts_with("it is not UTF-8 text"));
        let unknown = Error::other("something in English");
        assert_eq!(refusal(Language::of_locale("zh"), &unknown), "系统没有说明原因");
    }
}
