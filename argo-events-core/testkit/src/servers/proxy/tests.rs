use super::*;
use std::{
    io::{ErrorKind::*, Read, Write},
    net::{TcpListener as Listener, TcpStream as Client},
};

/// Says again whatever it is told, to each client.
fn echo() -> SocketAddr {
    let listener = Listener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            thread::spawn(move || {
                let mut back = client.try_clone().unwrap();
                io::copy(&mut &client, &mut back).ok();
                back.shutdown(std::net::Shutdown::Write).ok();
            });
        }
    });
    address
}

fn dial(proxy: &Proxy) -> Client {
    let client = Client::connect(proxy.address()).unwrap();
    patience(&client, 20_000);
    client
}

fn patience(client: &Client, milliseconds: u64) {
    let time = Some(Duration::from_millis(milliseconds));
    client.set_read_timeout(time).unwrap();
}

fn hears(mut client: &Client) -> io::Result<u8> {
    let mut heard = [0];
    client.read_exact(&mut heard)?;
    Ok(heard[0])
}

fn says(mut client: &Client, byte: u8) {
    client.write_all(&[byte]).unwrap();
}

fn took(work: impl FnOnce()) -> Duration {
    #[expect(clippy::disallowed_methods, reason = "the proxy takes real time")]
    let begin = std::time::Instant::now();
    work();
    begin.elapsed()
}

#[test]
fn bytes_and_ends_pass_in_both_directions() {
    let proxy = Proxy::start(echo()).unwrap();
    let mut client = dial(&proxy);
    let sent = vec![7; 300_000];
    let writer = client.try_clone().unwrap();
    let copy = sent.clone();
    let writing = thread::spawn(move || {
        (&writer).write_all(&copy).unwrap();
        writer.shutdown(std::net::Shutdown::Write).unwrap();
    });
    let mut heard = Vec::new();
    client.read_to_end(&mut heard).unwrap();
    writing.join().unwrap();
    assert_eq!(heard, sent);
}

#[test]
fn a_delay_is_paid_in_each_direction() {
    let proxy = Proxy::start(echo()).unwrap();
    let client = dial(&proxy);
    proxy.delay(Duration::from_millis(100));
    let time = took(|| {
        says(&client, 1);
        assert_eq!(hears(&client).unwrap(), 1);
    });
    assert!(time >= Duration::from_millis(200), "{time:?}");
}

#[test]
fn a_throttled_connection_takes_its_time() {
    let proxy = Proxy::start(echo()).unwrap();
    let mut client = dial(&proxy);
    proxy.throttle(100_000);
    let time = took(|| {
        client.write_all(&[1; 20_000]).unwrap();
        client.read_exact(&mut [0; 20_000]).unwrap();
    });
    assert!(time >= Duration::from_millis(180), "{time:?}");
}

#[test]
fn a_cut_resets_connections_and_refuses_new_ones_until_mended() {
    let proxy = Proxy::start(echo()).unwrap();
    let client = dial(&proxy);
    says(&client, 1);
    hears(&client).unwrap();
    proxy.cut().unwrap();
    assert_eq!(hears(&client).unwrap_err().kind(), ConnectionReset);
    let refused = Client::connect(proxy.address()).unwrap_err();
    assert_eq!(refused.kind(), ConnectionRefused);
    proxy.mend().unwrap();
    let client = dial(&proxy);
    says(&client, 2);
    assert_eq!(hears(&client).unwrap(), 2);
}

#[test]
fn a_reset_lets_new_connections_in() {
    let proxy = Proxy::start(echo()).unwrap();
    let client = dial(&proxy);
    says(&client, 1);
    hears(&client).unwrap();
    proxy.reset().unwrap();
    assert_eq!(hears(&client).unwrap_err().kind(), ConnectionReset);
    let client = dial(&proxy);
    says(&client, 2);
    assert_eq!(hears(&client).unwrap(), 2);
}

#[test]
fn what_is_held_arrives_when_mended() {
    let proxy = Proxy::start(echo()).unwrap();
    let client = dial(&proxy);
    proxy.hold(Direction::ToClient);
    says(&client, 1);
    patience(&client, 500);
    assert_eq!(hears(&client).unwrap_err().kind(), WouldBlock);
    proxy.mend().unwrap();
    patience(&client, 20_000);
    assert_eq!(hears(&client).unwrap(), 1);
}

#[test]
fn a_half_open_connection_is_silent_until_mended_and_then_reset() {
    for direction in [Direction::ToServer, Direction::ToClient, Direction::Both] {
        let proxy = Proxy::start(echo()).unwrap();
        let client = dial(&proxy);
        says(&client, 1);
        hears(&client).unwrap();
        proxy.half_open(direction);
        says(&client, 2);
        patience(&client, 500);
        assert_eq!(hears(&client).unwrap_err().kind(), WouldBlock);
        proxy.mend().unwrap();
        patience(&client, 20_000);
        assert_eq!(hears(&client).unwrap_err().kind(), ConnectionReset);
    }
}

#[test]
fn a_connection_that_lost_nothing_outlives_half_open() {
    let proxy = Proxy::start(echo()).unwrap();
    let client = dial(&proxy);
    says(&client, 1);
    hears(&client).unwrap();
    proxy.half_open(Direction::Both);
    proxy.mend().unwrap();
    says(&client, 2);
    assert_eq!(hears(&client).unwrap(), 2);
}

#[test]
fn a_server_that_is_not_there_is_a_reset() {
    let free = Port::reserve().unwrap();
    let proxy = Proxy::start(free.address()).unwrap();
    let client = dial(&proxy);
    assert_eq!(hears(&client).unwrap_err().kind(), ConnectionReset);
    proxy.forward_to(echo());
    let client = dial(&proxy);
    says(&client, 1);
    assert_eq!(hears(&client).unwrap(), 1);
}

#[test]
fn nothing_is_left_of_a_dropped_proxy() {
    let proxy = Proxy::start(echo()).unwrap();
    let (address, client) = (proxy.address(), dial(&proxy));
    drop(proxy);
    assert!(hears(&client).is_err());
    assert!(Client::connect(address).is_err());
}
