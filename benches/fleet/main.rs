//! A server restarts, and a million clients come back: `cargo bench --bench fleet`.
//!
//! 50,000 clients, or as many as the number after `--` says, stand for the million: the server is
//! as much smaller, and the peaks are shown as much larger.
//!
//! It is a simulation in steps of 10 ms. The clients are the library's own back-off code. The
//! server is away for a while, then opens so many connections a second. So many others wait in its
//! backlog, and the rest are refused at once.

#[path = "../../src/connection/backoff.rs"]
#[allow(dead_code)]
mod backoff;
#[path = "../../src/chance.rs"]
#[allow(dead_code)]
mod chance;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use backoff::{Attempts, Backoff, Loss};
use chance::Chance;

const STEP: Duration = Duration::from_millis(10);
const STEPS_A_SECOND: usize = 100;
const BACKLOG: usize = 4096;
const FLEET: usize = 1_000_000;
/// A simulation ends at the latest after this many seconds.
const MOST_SECONDS: usize = 3600;

struct Scenario {
    away_s: usize,
    opens_a_second: usize,
    retry_after_s: Option<u64>,
    reconnect_max_s: u64,
}

/// What came of it, in attempts and steps.
#[derive(Default)]
struct Outcome {
    clients: usize,
    attempts: usize,
    /// The attempts in each step.
    by_step: Vec<usize>,
    /// When each client was back.
    back: Vec<usize>,
}

impl Outcome {
    /// The most attempts in a window of so many steps, from a step on.
    fn peak(&self, window: usize, from: usize) -> usize {
        let steps = self.by_step.get(from..).unwrap_or_default();
        let peak = steps.chunks(window).map(|chunk| chunk.iter().sum::<usize>()).max();
        peak.unwrap_or(0) * FLEET / self.clients
    }

    /// When that share of the clients was back, in seconds.
    fn back_after(&self, share: f64) -> String {
        let count = ((self.clients as f64 * share).ceil() as usize).max(1);
        match self.back.get(count - 1) {
            Some(step) => format!("{:.1}", *step as f64 / STEPS_A_SECOND as f64),
            None => "-".to_owned(),
        }
    }
}

fn simulate(clients: usize, scenario: &Scenario) -> Outcome {
    let origin = Instant::now();
    let most = Duration::from_secs(scenario.reconnect_max_s);
    let backoff = Backoff::new(None, None, most).expect("the longest wait is long enough");
    let mut fleet = vec![Attempts::default(); clients];
    let mut due: BTreeMap<usize, Vec<u32>> = BTreeMap::new();
    let mut outcome = Outcome { clients, ..Outcome::default() };
    let mut waiting = VecDeque::new();
    let backlog = BACKLOG * clients / FLEET;
    let served_in_step = scenario.opens_a_second * clients / FLEET / STEPS_A_SECOND;
    let lost = |client: &mut Attempts, step: usize, retry_after| {
        let loss = Loss { retry_after, is_common: true };
        let now = origin + STEP * step as u32;
        let pause = backoff.next(client, now, loss, Chance::draw()).expect("it never gives up");
        step + 1 + (pause.delay.as_millis() / STEP.as_millis()) as usize
    };
    for number in 0..clients as u32 {
        let at = lost(&mut fleet[number as usize], 0, None);
        due.entry(at).or_default().push(number);
    }
    for step in 0..MOST_SECONDS * STEPS_A_SECOND {
        let is_up = step >= scenario.away_s * STEPS_A_SECOND;
        let arrivals = due.remove(&step).unwrap_or_default();
        outcome.attempts += arrivals.len();
        outcome.by_step.push(arrivals.len());
        for number in arrivals {
            if is_up && waiting.len() < backlog {
                waiting.push_back(number);
                continue;
            }
            let asked = scenario.retry_after_s.filter(|_| is_up).map(Duration::from_secs);
            let at = lost(&mut fleet[number as usize], step, asked);
            due.entry(at).or_default().push(number);
        }
        if is_up {
            let served = waiting.drain(..served_in_step.min(waiting.len())).count();
            outcome.back.extend(std::iter::repeat_n(step, served));
        }
        if outcome.back.len() == clients {
            break;
        }
    }
    outcome
}

fn main() {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let clients: usize = given.unwrap_or(50_000);
    println!("{clients} clients; peaks in attempts, times in seconds since the loss\n");
    println!(
        "| away | opens/s | Retry-After | reconnect_max | peak 100 ms | peak 1 s | peak 1 s once up \
         | attempts each | half back | 99 % | all |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    for (away_s, opens_a_second, retry_after_s, reconnect_max_s) in [
        (0, 10_000, None, 30),
        (0, 10_000, None, 60),
        (0, 10_000, None, 300),
        (60, 10_000, None, 30),
        (60, 10_000, None, 60),
        (60, 10_000, None, 300),
        (60, 2_000, None, 30),
        (60, 2_000, None, 60),
        (60, 2_000, None, 100),
        (60, 2_000, None, 300),
        (0, 10_000, Some(30), 30),
        (60, 10_000, Some(30), 30),
    ] {
        let scenario = Scenario { away_s, opens_a_second, retry_after_s, reconnect_max_s };
        let outcome = simulate(clients, &scenario);
        let asked = retry_after_s.map_or("none".to_owned(), |seconds| format!("{seconds} s"));
        let [half, most, all] = [0.5, 0.99, 1.0].map(|share| outcome.back_after(share));
        println!(
            "| {away_s} s | {opens_a_second} | {asked} | {reconnect_max_s} s | {} | {} | {} | {:.1} | \
             {half} | {most} | {all} |",
            outcome.peak(STEPS_A_SECOND / 10, 0),
            outcome.peak(STEPS_A_SECOND, 0),
            outcome.peak(STEPS_A_SECOND, away_s * STEPS_A_SECOND),
            outcome.attempts as f64 / clients as f64,
        );
    }
}
