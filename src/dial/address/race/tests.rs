//! The order of addresses, and the error when all attempts fail.

use super::*;

fn addresses(text: &str) -> Vec<SocketAddr> {
    text.split_whitespace().map(|address| address.parse().unwrap()).collect()
}

#[test]
fn families_alternate() {
    for (resolved, mixed) in [
        ("", ""),
        ("1.1.1.1:1", "1.1.1.1:1"),
        ("[::1]:1 [::2]:1 1.1.1.1:1", "[::1]:1 1.1.1.1:1 [::2]:1"),
        ("1.1.1.1:1 1.1.1.2:1 [::1]:1", "1.1.1.1:1 [::1]:1 1.1.1.2:1"),
        ("[::1]:1 [::1]:1 1.1.1.1:1 [::1]:1", "[::1]:1 1.1.1.1:1"),
        ("[::1]:1 [::2]:1 [::3]:1", "[::1]:1 [::2]:1 [::3]:1"),
    ] {
        let got: Vec<_> = interleave(addresses(resolved), 0).into();
        assert_eq!(got, addresses(mixed));
    }
}

#[test]
fn of_very_many_addresses_some_are_enough() {
    let many = (0..100).map(|n| SocketAddr::from(([10, 0, 0, n], 80)));
    let six = (0..3).map(|n| SocketAddr::from(([0xfd00, 0, 0, 0, 0, 0, 0, n], 80)));
    let mixed = interleave(many.chain(six).collect(), 0);
    assert_eq!(mixed.len(), MAX_ADDRESSES);
    assert_eq!(mixed.iter().filter(|address| address.is_ipv6()).count(), 3);
}

#[test]
fn those_as_good_as_the_first_take_turns() {
    let rotated = |text, turn| {
        let shown: Vec<_> =
            interleave(addresses(text), turn).iter().map(|it| it.ip().to_string()).collect();
        shown.join(" ")
    };
    let both = "[2001:db8::1]:1 [2001:db8::2]:1 192.0.2.1:1 192.0.2.2:1 192.0.2.3:1";
    assert_eq!(rotated(both, 0), "2001:db8::1 192.0.2.1 2001:db8::2 192.0.2.2 192.0.2.3");
    assert_eq!(rotated(both, 1), "2001:db8::2 192.0.2.2 2001:db8::1 192.0.2.3 192.0.2.1");
    let site = "10.0.0.1:1 10.0.0.2:1 192.0.2.1:1";
    assert_eq!(rotated(site, 1), "10.0.0.2 10.0.0.1 192.0.2.1", "a wider scope stays behind");
    assert_eq!(rotated("[::1]:1 127.0.0.1:1", 1), "::1 127.0.0.1");
}

#[test]
fn a_lost_race_names_every_address() {
    let os = |errno| Error::from(io::Error::from_raw_os_error(errno));
    let refused = || os(libc::ECONNREFUSED);
    let mut race =
        Race::new(Vec::new(), "h:1", &Arc::default(), &Turns::default(), Notes::new(1, None));
    race.failed = vec![("1.1.1.1:1".parse().unwrap(), refused())];
    let error = race.lost();
    let codes: Vec<_> = error.chain().map(|e| (e.component, e.code)).collect();
    let cause = (Component::Os, libc::ECONNREFUSED);
    assert_eq!(codes, [(Component::Tcp, Code::Tcp as i32), cause]);
    assert!(error.to_string().starts_with("could not connect to 1.1.1.1:1: Connection"));

    race.failed = vec![
        ("[::1]:1".parse().unwrap(), refused()),
        ("1.1.1.1:1".parse().unwrap(), os(libc::EHOSTUNREACH)),
    ];
    let error = race.lost();
    let codes: Vec<_> = error.chain().map(|e| e.code).collect();
    assert_eq!(codes, [Code::Tcp as i32, libc::ECONNREFUSED, libc::EHOSTUNREACH]);
    assert!(error.to_string().contains("[::1]:1: Connection refused"));
    assert!(error.to_string().contains("1.1.1.1:1: No route to host"));

    for (address, lacks_zone) in [("[fe80::1]:80", true), ("[fe80::1%3]:80", false)] {
        let invalid = || os(libc::EINVAL);
        race.failed = vec![(address.parse().unwrap(), invalid())];
        assert_eq!(race.lost().to_string().contains("with no zone"), lacks_zone);
        race.failed =
            vec![(address.parse().unwrap(), invalid()), ("1.1.1.1:1".parse().unwrap(), refused())];
        assert_eq!(race.lost().to_string().contains("with no zone"), lacks_zone);
    }

    let address = |n: u8| SocketAddr::from(([10, 0, 0, n], 80));
    race.failed = (0..64).map(|n| (address(n), refused())).collect();
    assert!(race.tried().ends_with("; 54 others"), "{}", race.tried());
    let error = race.lost();
    assert_eq!(error.chain().count(), 1 + MAX_TOLD);
    let words = error.to_string();
    assert!(words.contains("none of the 64 addresses"), "{words}");
    assert!(words.contains("the first 10 were"), "{words}");
    for n in 0..10 {
        assert!(words.contains(&format!("10.0.0.{n}:80: Connection refused")), "{words}");
    }
}
