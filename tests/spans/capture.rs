//! Keeps what is told to `tracing` on one thread.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

/// Names and values of fields; the text of an event is its `message`.
pub(crate) type Fields = BTreeMap<String, String>;

/// A span that has ended, or an event.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    /// The name of the span; of an event the name of the span that it is in.
    pub(crate) span: String,
    /// The name of the span around the span.
    pub(crate) parent: String,
    pub(crate) target: String,
    pub(crate) fields: Fields,
}

#[derive(Debug, Default)]
struct Kept {
    spans: Vec<Told>,
    events: Vec<Told>,
}

/// What was told since it began, until it is dropped.
pub(crate) struct Capture {
    kept: Arc<Mutex<Kept>>,
    _guard: DefaultGuard,
}

impl Capture {
    /// Listens to what this filter lets through.
    pub(crate) fn of(filter: &str) -> Self {
        let kept = Arc::<Mutex<Kept>>::default();
        let layer = Keep(kept.clone()).with_filter(EnvFilter::new(filter));
        Self { kept, _guard: tracing_subscriber::registry().with(layer).set_default() }
    }

    /// The spans of this name that have ended.
    pub(crate) fn spans(&self, name: &str) -> Vec<Told> {
        let kept = self.kept.lock().unwrap();
        kept.spans.iter().filter(|span| span.span == name).cloned().collect()
    }

    /// The one span of this name that has ended; its fields.
    pub(crate) fn span(&self, name: &str) -> Fields {
        let spans = self.spans(name);
        assert_eq!(spans.len(), 1, "{name}: {:?}", self.kept.lock().unwrap());
        spans[0].fields.clone()
    }

    /// The jetblob's own events with this text.
    pub(crate) fn events(&self, text: &str) -> Vec<Told> {
        let kept = self.kept.lock().unwrap();
        let ours = kept.events.iter().filter(|event| event.target.starts_with("jetblob"));
        ours.filter(|event| event.fields["message"].contains(text)).cloned().collect()
    }

    /// All that was told, by whomever, as one text.
    pub(crate) fn text(&self) -> String {
        format!("{:?}", self.kept.lock().unwrap())
    }
}

struct Keep(Arc<Mutex<Kept>>);

struct Reader<'f>(&'f mut Fields);

impl Visit for Reader<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.0.insert(field.name().to_owned(), value.to_owned());
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        let _ = write!(text, "{value:?}");
        self.0.insert(field.name().to_owned(), text);
    }
}

impl<S: Subscriber + for<'l> LookupSpan<'l>> Layer<S> for Keep {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let mut fields = Fields::new();
        attributes.record(&mut Reader(&mut fields));
        context.span(id).unwrap().extensions_mut().insert(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        if let Some(fields) = context.span(id).unwrap().extensions_mut().get_mut() {
            values.record(&mut Reader(fields));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::new();
        event.record(&mut Reader(&mut fields));
        let (span, parent) = (
            context.event_span(event).map_or_else(String::new, |span| span.name().to_owned()),
            String::new(),
        );
        let target = event.metadata().target().to_owned();
        self.0.lock().unwrap().events.push(Told { span, parent, target, fields });
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context.span(&id).unwrap();
        let fields = span.extensions_mut().remove().unwrap_or_default();
        let parent = span.parent().map_or_else(String::new, |parent| parent.name().to_owned());
        let target = span.metadata().target().to_owned();
        self.0.lock().unwrap().spans.push(Told { span: span.name().to_owned(), parent, target, fields });
    }
}
