//! NATS servers, spoken to in their own lines of text.

use super::Promise;
use argo_events_testkit::servers::{NatsCluster, NatsServer, Server};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use libtest_mimic::Failed;
use nkeys::KeyPair;
use serde_json::Value;
use std::{
    fs,
    io::{self, BufRead, BufReader, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

type Outcome = Result<(), Failed>;

const STREAM: &str = r#"{"name":"shop","subjects":["shop.>"]}"#;

pub(super) const PROMISES: &[Promise] = &[
    ("a started server answers", answers),
    ("a killed server keeps its data and its port", keeps),
    ("a wiped server has no data", wiped),
    ("a paused server says nothing until it is resumed", paused),
    ("a stopped server can be started again", stopped),
    ("a user needs the password", passwords),
    ("a token is asked for", tokens),
    ("a key is asked for", keys),
    ("a file of an operator's user is asked for", credentials),
    ("TLS is asked for", encrypts),
    ("a setting of one's own is used", settings),
    ("a wrong setting is shown", complaints),
    ("three servers do without one", cluster),
    ("nothing is left of a dropped server", dropped),
];

fn answers(server: Server) -> Outcome {
    let server = NatsServer::start(server)?;
    let mut client = Client::new(server.address(), "{}")?;
    client.ping()?;
    Ok(())
}

fn keeps(server: Server) -> Outcome {
    let server = NatsServer::start(server)?;
    let (address, url) = (server.address(), server.url());
    make_stream(address)?;
    server.kill()?;
    assert!(TcpStream::connect(address).is_err());
    assert_eq!(server.id(), None);
    server.start_again()?;
    assert_eq!(server.url(), url);
    assert_eq!(streams(address)?, 1);
    Ok(())
}

fn wiped(server: Server) -> Outcome {
    let server = NatsServer::start(server)?;
    make_stream(server.address())?;
    server.wipe()?;
    assert_eq!(streams(server.address())?, 0);
    Ok(())
}

fn paused(server: Server) -> Outcome {
    let server = NatsServer::start(server)?;
    let mut client = Client::new(server.address(), "{}")?;
    client.ping()?;
    server.pause()?;
    client.patience(Duration::from_millis(200))?;
    assert!(client.ping().is_err());
    server.resume()?;
    client.patience(Duration::from_secs(60))?;
    assert_eq!(client.line()?, "PONG");
    Ok(())
}

fn stopped(server: Server) -> Outcome {
    let server = NatsServer::start(server)?;
    make_stream(server.address())?;
    server.pause()?;
    server.stop()?;
    assert_eq!(server.id(), None);
    server.start_again()?;
    assert_eq!(streams(server.address())?, 1);
    Ok(())
}

fn passwords(server: Server) -> Outcome {
    let server = NatsServer::options(server).user("shop", "secret").start()?;
    let right = r#"{"user":"shop","pass":"secret"}"#;
    Client::new(server.address(), right)?.ping()?;
    refused(&server, r#"{"user":"shop","pass":"other"}"#)
}

fn tokens(server: Server) -> Outcome {
    let server = NatsServer::options(server).token("secret").start()?;
    let right = r#"{"auth_token":"secret"}"#;
    Client::new(server.address(), right)?.ping()?;
    refused(&server, r#"{"auth_token":"other"}"#)
}

fn keys(server: Server) -> Outcome {
    let server = NatsServer::options(server).nkey().start()?;
    let key = KeyPair::from_seed(server.seed().ok_or("no key")?)?;
    let name = serde_json::json!({"nkey": key.public_key()});
    Client::proving(server.address(), &key, name)?.ping()?;
    refused(&server, "{}")
}

fn credentials(server: Server) -> Outcome {
    let server = NatsServer::options(server).operator().start()?;
    let key = KeyPair::from_seed(server.seed().ok_or("no key")?)?;
    let file = fs::read_to_string(server.credentials().ok_or("no file")?)?;
    let word = file.lines().nth(1).ok_or("no word")?;
    let mut client = Client::proving(server.address(), &key, serde_json::json!({"jwt": word}))?;
    client.ping()?;
    let made = client.ask("$JS.API.STREAM.CREATE.shop", STREAM)?;
    assert!(!made.contains("\"error\""), "{made}");
    refused(&server, "{}")
}

fn encrypts(server: Server) -> Outcome {
    let server = NatsServer::options(server).mutual_tls().start()?;
    let greeting = Client::new(server.address(), "{}")?.greeting;
    assert!(greeting.contains(r#""tls_required":true"#), "{greeting}");
    assert!(greeting.contains(r#""tls_verify":true"#), "{greeting}");
    let files = server.certificates().ok_or("no certificates")?;
    let all = [files.authority(), files.client(), files.client_key()];
    assert!(all.iter().all(|file| file.exists()));
    Ok(())
}

fn settings(server: Server) -> Outcome {
    let server = NatsServer::options(server).max_payload(2048).start()?;
    let greeting = Client::new(server.address(), "{}")?.greeting;
    assert!(greeting.contains(r#""max_payload":2048"#), "{greeting}");
    Ok(())
}

fn complaints(server: Server) -> Outcome {
    let options = NatsServer::options(server).configuration("max_payload: many");
    let error = options.start().expect_err("such a setting").to_string();
    assert!(error.contains("server.conf:3"), "{error}");
    Ok(())
}

fn cluster(server: Server) -> Outcome {
    let cluster = NatsCluster::start(server)?;
    let [first, second, _] = cluster.nodes();
    let stream = r#"{"name":"shop","subjects":["shop.>"],"num_replicas":3}"#;
    let made = Client::new(first.address(), "{}")?.ask("$JS.API.STREAM.CREATE.shop", stream)?;
    assert!(!made.contains("\"error\""), "{made}");
    first.kill()?;
    Client::new(second.address(), "{}")?.ping()?;
    first.start_again()?;
    cluster.wait_until_whole()?;
    assert_eq!(streams(first.address())?, 1);
    Ok(())
}

fn dropped(server: Server) -> Outcome {
    let server = NatsServer::start(server)?;
    let (address, clone) = (server.address(), server.clone());
    drop(server);
    Client::new(address, "{}")?.ping()?;
    drop(clone);
    assert!(TcpStream::connect(address).is_err());
    Ok(())
}

fn refused(server: &NatsServer, connect: &str) -> Outcome {
    let mut client = Client::new(server.address(), connect)?;
    // Without a word more: the server hangs up, and then its last line might not be heard.
    let line = client.line()?;
    assert!(line.contains("Authorization"), "{line}");
    Ok(())
}

fn make_stream(address: SocketAddr) -> Outcome {
    let made = Client::new(address, "{}")?.ask("$JS.API.STREAM.CREATE.shop", STREAM)?;
    assert!(!made.contains("\"error\""), "{made}");
    Ok(())
}

fn streams(address: SocketAddr) -> Result<u64, Failed> {
    let said = Client::new(address, "{}")?.ask("$JS.API.STREAM.NAMES", "")?;
    let said: Value = serde_json::from_str(&said)?;
    said["total"]
        .as_u64()
        .ok_or_else(|| said.to_string().into())
}

/// A connection that knows just enough.
struct Client {
    stream: BufReader<TcpStream>,
    greeting: String,
}

impl Client {
    fn new(address: SocketAddr, connect: &str) -> io::Result<Self> {
        let mut client = Self::greeted(address)?;
        client.say(&format!("CONNECT {connect}"))?;
        Ok(client)
    }

    /// Connects as somebody who has a key.
    fn proving(address: SocketAddr, key: &KeyPair, mut connect: Value) -> Result<Self, Failed> {
        let mut client = Self::greeted(address)?;
        let greeting: Value = serde_json::from_str(client.greeting.trim_start_matches("INFO "))?;
        let nonce = greeting["nonce"].as_str().ok_or("no nonce")?;
        connect["sig"] = URL_SAFE_NO_PAD.encode(key.sign(nonce.as_bytes())?).into();
        client.say(&format!("CONNECT {connect}"))?;
        Ok(client)
    }

    fn greeted(address: SocketAddr) -> io::Result<Self> {
        let stream = BufReader::new(TcpStream::connect(address)?);
        let greeting = String::new();
        let mut client = Self { stream, greeting };
        client.patience(Duration::from_secs(60))?;
        client.greeting = client.line()?;
        Ok(client)
    }

    fn patience(&self, time: Duration) -> io::Result<()> {
        self.stream.get_ref().set_read_timeout(Some(time))
    }

    fn ping(&mut self) -> io::Result<()> {
        self.say("PING")?;
        match self.line()?.as_str() {
            "PONG" => Ok(()),
            other => Err(io::Error::other(other.to_owned())),
        }
    }

    fn ask(&mut self, subject: &str, body: &str) -> io::Result<String> {
        self.say("SUB _INBOX.1 1")?;
        self.say(&format!("PUB {subject} _INBOX.1 {}\r\n{body}", body.len()))?;
        let head = self.line()?;
        if !head.starts_with("MSG ") {
            return Err(io::Error::other(head));
        }
        self.line()
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        write!(self.stream.get_mut(), "{line}\r\n")
    }

    fn line(&mut self) -> io::Result<String> {
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line)?;
            // The server asks as well, after a while, whether anybody is there.
            if !["+OK\r\n", "PING\r\n"].contains(&line.as_str()) {
                return Ok(line.trim_end().to_owned());
            }
        }
    }
}
