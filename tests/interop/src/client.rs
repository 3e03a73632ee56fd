//! Asking the worker, with a time limit; a worker that hangs or dies is replaced.

use std::io::{BufReader, BufWriter};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

use crate::oracle::Answer;
use crate::protocol::{Request, answers_from_frame, read_frame, write_frame};

/// No answer for so long means that the oracle hangs.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failure {
    Hung,
    Died,
}

/// A program that answers requests: this one as worker, or a script that speaks its protocol.
pub struct Client {
    command: Vec<String>,
    running: Option<Running>,
}

struct Running {
    process: Child,
    stdin: BufWriter<ChildStdin>,
    answers: Receiver<Vec<u8>>,
}

impl Client {
    pub fn new(command: Vec<String>) -> Self {
        Self { command, running: None }
    }

    pub fn ask(&mut self, request: &Request) -> Result<Vec<Answer>, Failure> {
        let running = self.running.get_or_insert_with(|| start(&self.command));
        let written = write_frame(&mut running.stdin, &request.to_frame());
        let answer = match written {
            Ok(()) => running.answers.recv_timeout(TIMEOUT),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        answer.map(|frame| answers_from_frame(&frame)).map_err(|error| {
            self.stop();
            if error == RecvTimeoutError::Timeout { Failure::Hung } else { Failure::Died }
        })
    }

    fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            // It may be dead already.
            let _ = running.process.kill();
            let _ = running.process.wait();
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.stop();
    }
}

fn start(command: &[String]) -> Running {
    let mut process = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", command[0]));
    let stdin = BufWriter::new(process.stdin.take().expect("it is piped"));
    let mut stdout = BufReader::new(process.stdout.take().expect("it is piped"));
    let (sender, answers) = channel();
    std::thread::spawn(move || {
        while let Ok(Some(frame)) = read_frame(&mut stdout) {
            if sender.send(frame).is_err() {
                break;
            }
        }
    });
    Running { process, stdin, answers }
}
