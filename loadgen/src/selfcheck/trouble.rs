//! A host, a generator and a server that misbehave: whether the instrument notices, and whether it draws the consequence.

use super::bench::{Bench, CONTESTANTS, cell, measured, plan};
use super::{Answer, Finding};
use crate::{gate, tool};
use reports::{Comparison, Records};
use servers::{ServeOptions, Server};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use trial::Action;
use trial::check::host::{Calm, FOREIGN_LOAD};
use wire::{Preset, Transport, Tuning};

/// Children that spin until they are dropped, or for half a minute: the gate knows them as strangers.
struct Hogs(Vec<Child>);

impl Hogs {
    fn start(hogs: usize) -> std::io::Result<Self> {
        const SPIN: &str = "end=$(($(date +%s) + 30)); while [ $(date +%s) -lt $end ]; do \
                            i=0; while [ $i -lt 20000 ]; do i=$((i + 1)); done; done";
        let hog = |_| Command::new("sh").args(["-c", SPIN]).stdin(Stdio::null()).spawn();
        Ok(Self((0..hogs).map(hog).collect::<std::io::Result<_>>()?))
    }
}

impl Drop for Hogs {
    fn drop(&mut self) {
        for hog in &mut self.0 {
            // One that has ended by itself needs no end.
            let _ = hog.kill();
            let _ = hog.wait();
        }
    }
}

pub(super) async fn hog(bench: &Bench) -> Answer {
    let cell = cell("push", "rate=500\nwarmup='100ms'\nwindow='600ms'");
    let hogs = Hogs::start(2).map_err(|error| error.to_string())?;
    let trial = bench.trial(&cell, Transport::Sse).await;
    drop(hogs);
    let noise = trial.noise.as_ref().ok_or("the trial was not watched")?;
    let causes = gate::causes(noise, Calm::default(), true, &gate::Validity::default());
    let named = causes.iter().any(|cause| cause.is(&FOREIGN_LOAD) && cause.action() == Action::Redo);
    let cpus = noise.foreign_cpus.ok_or("foreign load cannot be read on this host")?;
    let said = if named { "run again" } else { "kept" };
    Ok(Finding::Shown { found: format!("{cpus:.2} foreign CPU, {said}"), pass: named })
}

pub(super) async fn saturation(bench: &Bench) -> Answer {
    let cell = cell("push", "connections=200\nrate=5000\nwarmup='200ms'\nwindow='800ms'");
    let trial = bench.trial(&cell, Transport::Sse).await;
    let why = trial.voided_by().map(|warning| format!("{}: {warning}", warning.check().id));
    let pass = why.is_some();
    Ok(Finding::Shown { found: why.unwrap_or_else(|| "the trial counts".to_owned()), pass })
}

pub(super) async fn unequal(bench: &Bench) -> Answer {
    let nagle = altered(bench, |tuning| tuning.nodelay = false).await;
    // Such a server contradicts its preset and is not even measured.
    let nagle = nagle.err().filter(|why| why.contains("nodelay"));
    let buffer = altered(bench, |tuning| tuning.send_buffer_bytes = Some(65_536)).await?;
    let comparison = Comparison::of(&buffer);
    let cell = comparison.cells.first().ok_or("no cell")?;
    let differs: Vec<&str> = cell.unequal().iter().map(|found| found.what).collect();
    let refused = differs.contains(&"send_buffer_bytes") && !cell.is_comparable();
    let said = |yes, how| if yes { how } else { "compared" };
    let found = format!(
        "Nagle {}, buffer {}",
        said(nagle.is_some(), "refused before it is measured"),
        said(refused, "refused by the comparison")
    );
    Ok(Finding::Shown { found, pass: nagle.is_some() && refused })
}

/// Records of one block in which the server of the second arm is another; why there are none if it is refused.
async fn altered(bench: &Bench, alter: impl Fn(&mut Tuning)) -> Result<Records, String> {
    let plan = plan("push", "rate=500\nwarmup='100ms'\nwindow='300ms'");
    let mut trials = Vec::new();
    for (position, transport) in CONTESTANTS.into_iter().enumerate() {
        let mut options = ServeOptions { threads: 1, ..ServeOptions::of(Preset::Equal) };
        if position > 0 {
            alter(&mut options.tuning);
        }
        let server = Server::start(options).map_err(|error| error.to_string())?;
        let trial = bench.trial_at(&server.url(), &plan.cells[0], transport).await;
        measured(&trial)?;
        trials.push(trial);
    }
    let run = tool::run("loadgen selfcheck".to_owned(), bench.options.seed, plan);
    Ok(Records { trials, ..Records::of(run, PathBuf::new()) })
}
