//! How RabbitMQ is run: beside a system's own broker, with which it has no file, port or name in common.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use super::server::free_port;

/// Not `/usr/sbin/rabbitmq-server`, which runs the system's broker as the system's user.
const PROGRAM: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

pub(super) fn url(port: u16) -> String {
    format!("amqp://guest:guest@127.0.0.1:{port}/%2f")
}

/// Makes the files that it would else look for in the system's folders.
pub(super) fn prepare(folder: &Path) {
    assert!(
        Path::new(PROGRAM).exists(),
        "RabbitMQ is not installed: apt-get install rabbitmq-server"
    );
    for empty in ["environment", "plugins"] {
        fs::write(folder.join(empty), "").expect("a writable folder");
    }
}

pub(super) fn command(folder: &Path, port: u16) -> Command {
    let settings = format!("listeners.tcp.default = 127.0.0.1:{port}\ndisk_free_limit.absolute = 1MB\n");
    let file = folder.join("rabbitmq.conf");
    fs::write(&file, settings).expect("a writable folder");
    let node = format!("wvs-{port}@localhost");
    let mut command = Command::new(PROGRAM);
    for (variable, _) in std::env::vars_os() {
        let name = variable.to_string_lossy();
        if name.starts_with("RABBITMQ_") || name.starts_with("ERL_") || name == "NOTIFY_SOCKET" {
            command.env_remove(&variable);
        }
    }
    command
        // The cookie is kept there.
        .env("HOME", folder)
        .env("RABBITMQ_NODENAME", &node)
        .env("RABBITMQ_CONF_ENV_FILE", folder.join("environment"))
        .env("RABBITMQ_CONFIG_FILE", file)
        .env("RABBITMQ_ENABLED_PLUGINS_FILE", folder.join("plugins"))
        .env("RABBITMQ_MNESIA_BASE", folder.join("data"))
        .env("RABBITMQ_LOG_BASE", folder)
        .env("RABBITMQ_LOGS", "-")
        .env("RABBITMQ_PID_FILE", folder.join("rabbitmq.pid"))
        // Else the first thread of each broker would run on the same processor.
        .env("RABBITMQ_SCHEDULER_BIND_TYPE", "u")
        // It starts sooner with one thread.
        .args(["+S", "1:1"])
        // A node that has its name from the start neither looks for a daemon of port numbers nor starts one.
        .args(["-sname", &node, "-start_epmd", "false"])
        .args(["-erl_epmd_port", &free_port().to_string()])
        .args(["-kernel", "inet_dist_use_interface", "{127,0,0,1}"])
        // Nothing reads this, but it tells whose process it is.
        .arg("-folder")
        .arg(folder);
    command
}

/// Whether it answers a client's greeting with a frame.
pub(super) fn answers(port: u16) -> bool {
    let greet = || {
        let mut stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        stream.write_all(b"AMQP\x00\x00\x09\x01")?;
        let mut answer = [0];
        stream.read_exact(&mut answer)?;
        std::io::Result::Ok(answer == [1])
    };
    greet().unwrap_or(false)
}
