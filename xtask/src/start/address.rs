//! Where kami serves, and who else may be there.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

/// What `KAMI_LISTEN` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Address {
    /// As it was given.
    pub(super) listen: String,
    // An address that stands for all is asked on the loopback.
    dial: SocketAddr,
}

impl Address {
    /// As kami-api reads it, but known before the build; a name such as localhost will not do.
    pub(super) fn parse(listen: &str) -> Option<Self> {
        let mut dial: SocketAddr = listen.parse().ok().filter(|address: &SocketAddr| address.port() > 0)?;
        match dial.ip() {
            IpAddr::V4(ip) if ip.is_unspecified() => dial.set_ip(Ipv4Addr::LOCALHOST.into()),
            IpAddr::V6(ip) if ip.is_unspecified() => dial.set_ip(Ipv6Addr::LOCALHOST.into()),
            _ => {}
        }
        Some(Self { listen: listen.to_owned(), dial })
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.dial)
    }

    pub(super) fn port(&self) -> u16 {
        self.dial.port()
    }

    pub(super) fn is_taken(&self) -> bool {
        self.connect().is_some()
    }

    /// Whether it answers `/health` with 200. curl may not be on the machine.
    pub(super) fn is_healthy(&self) -> bool {
        self.health().is_some_and(|status| status == "200")
    }

    fn health(&self) -> Option<String> {
        let mut stream = self.connect()?;
        let request = format!("GET /health HTTP/1.0\r\nHost: {}\r\nConnection: close\r\n\r\n", self.dial);
        stream.write_all(request.as_bytes()).ok()?;
        let mut line = String::new();
        BufReader::new(stream).read_line(&mut line).ok()?;
        line.split(' ').nth(1).map(str::to_owned)
    }

    fn connect(&self) -> Option<TcpStream> {
        let time = Duration::from_secs(10);
        let stream = TcpStream::connect_timeout(&self.dial, time).ok()?;
        stream.set_read_timeout(Some(time)).ok()?;
        Some(stream)
    }

    /// `NAME (pid PID)` of the process that has the port, when that can be known.
    pub(super) fn holder(&self) -> Option<String> {
        let pid =
            if Path::new("/proc/net/tcp").exists() { self.holder_by_proc() } else { self.holder_by_lsof() }?;
        let name = fs::read_to_string(format!("/proc/{pid}/comm")).ok().or_else(|| {
            let output = Command::new("ps").args(["-o", "comm=", "-p", &pid]).output().ok()?;
            Some(String::from_utf8_lossy(&output.stdout).into_owned())
        })?;
        Some(format!("{} (pid {pid})", name.trim()))
    }

    fn holder_by_proc(&self) -> Option<String> {
        let tables = ["/proc/net/tcp", "/proc/net/tcp6"];
        let inode =
            tables.iter().find_map(|table| listener(&fs::read_to_string(table).ok()?, self.port()))?;
        let socket = format!("socket:[{inode}]");
        let processes = fs::read_dir("/proc").ok()?.flatten();
        processes
            .filter(|process| process.file_name().to_str().is_some_and(|it| it.parse::<u32>().is_ok()))
            .find_map(|process| {
                let mut files = fs::read_dir(process.path().join("fd")).ok()?.flatten();
                files.find(|file| fs::read_link(file.path()).is_ok_and(|link| link == Path::new(&socket)))?;
                process.file_name().into_string().ok()
            })
    }

    fn holder_by_lsof(&self) -> Option<String> {
        let port = format!("-iTCP:{}", self.port());
        let mut lsof = Command::new("lsof");
        let output = lsof.args(["-nP", "-t", &port, "-sTCP:LISTEN"]).stderr(Stdio::null()).output().ok()?;
        String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
    }
}

// The inode of the socket that listens on a port, from the kernel's table.
fn listener(table: &str, port: u16) -> Option<String> {
    let port = format!(":{port:04X}");
    table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).find_map(|fields| {
        (fields.len() > 9 && fields[3] == "0A" && fields[1].ends_with(&port)).then(|| fields[9].to_owned())
    })
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn address_and_port_are_needed_and_a_name_will_not_do() {
        for listen in [
            "localhost:5000",
            "5000",
            ":5000",
            "127.0.0.1",
            "127.0.0.256:5000",
            "127.0.0.1:0",
            "127.0.0.1:65536",
        ] {
            assert_eq!(Address::parse(listen), None, "{listen}");
        }
    }

    #[test]
    fn address_that_stands_for_all_is_asked_on_the_loopback() {
        for (listen, url) in [
            ("127.0.0.1:5000", "http://127.0.0.1:5000"),
            ("0.0.0.0:80", "http://127.0.0.1:80"),
            ("[::]:8080", "http://[::1]:8080"),
            ("192.0.2.1:5000", "http://192.0.2.1:5000"),
        ] {
            assert_eq!(Address::parse(listen).unwrap().url(), url);
        }
    }

    #[test]
    fn holder_of_a_port_is_named() {
        let taken = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = Address::parse(&taken.local_addr().unwrap().to_string()).unwrap();
        assert!(address.is_taken());
        let holder = address.holder().unwrap();
        assert!(holder.ends_with(&format!(" (pid {})", std::process::id())), "{holder}");
        drop(taken);
        assert!(!address.is_taken());
        assert_eq!(address.holder(), None);
    }

    #[test]
    fn health_is_what_the_answer_s_status_says() {
        for (answer, expected) in
            [("HTTP/1.0 200 OK\r\n\r\n", true), ("HTTP/1.1 503 x\r\n\r\n", false), ("", false)]
        {
            let server = TcpListener::bind("127.0.0.1:0").unwrap();
            let address = Address::parse(&server.local_addr().unwrap().to_string()).unwrap();
            let asked = std::thread::spawn(move || address.is_healthy());
            let (mut stream, _) = server.accept().unwrap();
            let mut line = String::new();
            BufReader::new(&stream).read_line(&mut line).unwrap();
            assert_eq!(line, "GET /health HTTP/1.0\r\n");
            stream.write_all(answer.as_bytes()).unwrap();
            drop(stream);
            assert_eq!(asked.join().unwrap(), expected, "{answer}");
        }
    }
}
