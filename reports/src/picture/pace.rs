//! Added latency over the pace of a stream: a line for each transport and number of streams.

use super::{block, both, chart_text, of_protocol};
use crate::chart::{self, PaceLine, Stroke};
use crate::document::Block;
use crate::own_cells::{OwnCell, OwnCells};
use crate::text::Language;
use trial::{Figure, Metric, Quantile};
use wire::Transport;

/// `None` with fewer than two paces: a point has no slope.
pub(crate) fn pace(own: &OwnCells, lang: Language) -> Option<Block> {
    let paced = || own.cells.iter().filter(|cell| cell.gap_ns.is_some() && added(cell, Transport::Sse).is_some());
    if paced().count() < 2 {
        return None;
    }
    let line = |transport, single: bool| {
        let is = |cell: &&OwnCell| (cell.cell.cell.load.connections == 1) == single;
        let point = |cell: &OwnCell| Some((cell.tokens_per_second()?, added(cell, transport)?));
        let mut points: Vec<_> = paced().filter(is).filter_map(point).collect();
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let name = move |l: Language| l.llm_line(l.transport(transport), single);
        let stroke = if single { Stroke::Solid } else { Stroke::Dashed };
        PaceLine { name: both(lang, name), colour: of_protocol(transport), stroke, points }
    };
    let each = [true, false].into_iter().flat_map(|single| [Transport::Sse, Transport::WebSocket].map(|t| (t, single)));
    let lines: Vec<_> =
        each.map(|(transport, single)| line(transport, single)).filter(|line| !line.points.is_empty()).collect();
    let text =
        chart_text(lang, |l| l.llm_chart(), |l| l.llm_chart_subtitle(), |l| l.llm_pace_head(), |l| l.llm_chart_axis());
    block(chart::pace(&text, &lines), lang.llm_chart_caption(), "llm-pace".to_owned())
}

/// Median added latency of a transport, nanoseconds.
fn added(cell: &OwnCell, transport: Transport) -> Option<f64> {
    let figure = cell.judged(Quantile::P50);
    let known = matches!(figure, Figure::Duration(Metric::ResponseTime | Metric::JudgedTime, _));
    cell.cell.median_of(transport, figure).filter(|_| known)
}
