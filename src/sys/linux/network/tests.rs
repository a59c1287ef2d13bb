use super::*;

const RUNNING: u32 = (libc::IFF_UP | libc::IFF_RUNNING) as u32;
const UP: u32 = libc::IFF_UP as u32;

fn knows_no_link_runs() -> Known {
    Known { has_all_links: true, ..Known::default() }
}

fn message(kind: u16, flags: u16, body: &[u8]) -> Vec<u8> {
    let length = (HEADER + body.len()) as u32;
    let head = [&length.to_ne_bytes()[..], &kind.to_ne_bytes(), &flags.to_ne_bytes(), &[0; 8]];
    [&head.concat(), body].concat()
}

fn link(kind: u16, index: u32, flags: u32) -> Vec<u8> {
    message(kind, 0, &link_body(index, flags))
}

fn link_body(index: u32, flags: u32) -> Vec<u8> {
    [[0; 4], index.to_ne_bytes(), flags.to_ne_bytes(), [0; 4]].concat()
}

fn attribute(kind: u16, value: &[u32]) -> Vec<u8> {
    let value: Vec<u8> = value.iter().flat_map(|number| number.to_ne_bytes()).collect();
    [&(4 + value.len() as u16).to_ne_bytes()[..], &kind.to_ne_bytes(), &value].concat()
}

fn address(
    kind: u16,
    index: u32,
    [flags, scope]: [u8; 2],
    [created, updated]: [u32; 2],
) -> Vec<u8> {
    let times = attribute(ADDRESS_TIMES, &[9, 9, created, updated]);
    message(
        kind,
        0,
        &[&[2, 24, flags, scope], &index.to_ne_bytes(), &attribute(1, &[7])[..], &times].concat(),
    )
}

fn route(kind: u16, prefix: u8, gateway: u32, interface: u32, used: u32) -> Vec<u8> {
    let fixed = [2, prefix, 0, 0, 254, 3, 0, 1, 0, 0, 0, 0];
    let parts = [
        attribute(ROUTE_INTERFACE, &[interface]),
        attribute(5, &[gateway]),
        attribute(ROUTE_TIMES, &[used]),
    ];
    message(kind, 0, &[&fixed[..], &parts.concat()].concat())
}

#[test]
fn a_link_changes_when_it_begins_or_ceases_to_run() {
    let mut known = Known::default();
    let dumped = message(libc::RTM_NEWLINK, MULTI, &link_body(2, RUNNING));
    assert!(!known.learn(&dumped));
    assert!(!known.learn(&message(DONE, MULTI, &[0; 4])));
    for (kind, index, flags, is_change) in [
        (libc::RTM_NEWLINK, 2, RUNNING, false),
        (libc::RTM_NEWLINK, 2, UP, true),
        (libc::RTM_NEWLINK, 2, 0, false),
        (libc::RTM_NEWLINK, 3, UP, false),
        (libc::RTM_NEWLINK, 3, RUNNING, true),
        (libc::RTM_NEWLINK, 3, RUNNING | libc::IFF_PROMISC as u32, false),
        (libc::RTM_DELLINK, 3, RUNNING, true),
        (libc::RTM_DELLINK, 2, 0, false),
        (libc::RTM_NEWLINK, 1, RUNNING | libc::IFF_LOOPBACK as u32, false),
    ] {
        assert_eq!(known.learn(&link(kind, index, flags)), is_change, "{kind} {index} {flags}");
    }
}

#[test]
fn a_link_that_may_have_run_all_the_time_does_not_change_but_teaches() {
    let mut known = Known::default();
    assert!(!known.learn(&link(libc::RTM_NEWLINK, 2, RUNNING)));
    assert!(known.learn(&link(libc::RTM_NEWLINK, 3, UP)), "it may have ceased to run");
    assert!(known.learn(&link(libc::RTM_NEWLINK, 2, UP)));
    assert!(!known.learn(&link(libc::RTM_NEWLINK, 4, RUNNING)));
    assert!(!known.learn(&message(DONE, MULTI, &[0; 4])));
    assert!(!known.learn(&link(libc::RTM_NEWLINK, 4, RUNNING)));
    assert!(known.learn(&link(libc::RTM_NEWLINK, 2, RUNNING)));
}

#[test]
fn an_address_changes_when_it_comes_into_use_or_goes() {
    let mut known = Known::default();
    let link_scope = libc::RT_SCOPE_LINK;
    for (kind, index, marks, times, is_change) in [
        (libc::RTM_NEWADDR, 2, [0, 0], [500, 500], true),
        (libc::RTM_NEWADDR, 2, [0, 0], [500, 900], false),
        (libc::RTM_NEWADDR, 2, [TENTATIVE, 0], [500, 500], false),
        (libc::RTM_NEWADDR, 2, [TENTATIVE | OPTIMISTIC, 0], [500, 501], true),
        (libc::RTM_NEWADDR, 2, [0, link_scope], [500, 500], false),
        (libc::RTM_NEWADDR, LOOPBACK, [0, 0], [500, 500], false),
        (libc::RTM_DELADDR, 2, [0, 0], [500, 900], true),
    ] {
        let bytes = address(kind, index, marks, times);
        assert_eq!(known.learn(&bytes), is_change, "{kind} {index} {marks:?} {times:?}");
    }
}

#[test]
fn only_default_routes_count_and_each_once() {
    let mut known = Known::default();
    for (kind, prefix, gateway, interface, used, is_change) in [
        (libc::RTM_NEWROUTE, 24, 1, 2, 0, false),
        (libc::RTM_NEWROUTE, 0, 1, 2, 0, true),
        (libc::RTM_NEWROUTE, 0, 1, 2, 7, false),
        (libc::RTM_NEWROUTE, 0, 5, 2, 7, true),
        (libc::RTM_NEWROUTE, 0, 1, 2, 7, true),
        (libc::RTM_NEWROUTE, 1, 1, 2, 7, true),
        (libc::RTM_NEWROUTE, 0, 1, LOOPBACK, 7, false),
        (libc::RTM_DELROUTE, 0, 1, 2, 7, true),
        (libc::RTM_NEWROUTE, 0, 1, 2, 7, true),
    ] {
        let bytes = route(kind, prefix, gateway, interface, used);
        assert_eq!(known.learn(&bytes), is_change, "{kind} {prefix} {gateway} {interface} {used}");
    }
    // A link that goes down takes routes with it.
    known.has_all_links = true;
    assert!(known.learn(&link(libc::RTM_NEWLINK, 2, RUNNING)));
    assert!(known.learn(&route(libc::RTM_NEWROUTE, 0, 1, 2, 7)));
}

#[test]
fn all_messages_are_read_and_broken_ones_are_ignored() {
    let noise = link(libc::RTM_NEWLINK, 2, UP);
    let change = link(libc::RTM_NEWLINK, 3, RUNNING);
    assert!(knows_no_link_runs().learn(&[&noise[..], &change].concat()));
    assert!(knows_no_link_runs().learn(&[&change[..], &noise].concat()));
    let route = route(libc::RTM_NEWROUTE, 0, 1, 2, 0);
    for bytes in [&change, &route] {
        for length in 0..bytes.len() {
            Known::default().learn(&bytes[..length]);
        }
        for at in 0..bytes.len() {
            for value in [0, 1, 3, 255] {
                let mut broken = bytes.clone();
                broken[at] = value;
                Known::default().learn(&broken);
            }
        }
    }
    assert!(!Known::default().learn(&[]));
    assert!(!Known::default().learn(&[0; 64]));
}

#[test]
fn it_asks_which_links_run_when_it_is_completed() {
    let poll = mio::Poll::new().unwrap();
    let mut monitor = NetworkMonitor::new(poll.registry(), Token(1)).unwrap();
    monitor.has_changed();
    assert!(!monitor.known.has_all_links);
    monitor.complete();
    let start = std::time::Instant::now();
    while !monitor.known.has_all_links {
        monitor.has_changed();
        assert!(start.elapsed().as_secs() < 30, "no answer");
    }
}
