#include "data/facts/facts_feed.h"

#include <stdlib.h>

#include "data/dataset/reader.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/market/market.h"

#define BATCH 16384  // events between two progress callbacks

// ---- watchers --------------------------------------------------------------------------------

static hft_status begin(const hft_watchers *watchers, hft_price price_min, hft_price price_max,
                        hft_error *error) {
  hft_status status = HFT_OK;
  for (int i = 0; i < watchers->count && status == HFT_OK; i++) {
    const hft_watcher *w = &watchers->watcher[i];
    status = w->begin(w->context, price_min, price_max, error);
  }
  return status;
}

static void send(const hft_watchers *watchers, const hft_event *event) {
  for (int i = 0; i < watchers->count; i++) {
    watchers->watcher[i].on_event(watchers->watcher[i].context, event);
  }
}

static bool well(const hft_watchers *watchers) {
  bool any = false;
  for (int i = 0; i < watchers->count && !any; i++) {
    any = watchers->watcher[i].well(watchers->watcher[i].context);
  }
  return any;
}

// ---- a market --------------------------------------------------------------------------------

// Passes on the events of one instrument.
typedef struct filter {
  int instrument;
  const hft_watchers *watchers;
} filter;

static void pass_on(void *context, const hft_event *event) {
  const filter *f = context;
  if (event->instrument == f->instrument) send(f->watchers, event);
}

static hft_status run_market(const hft_model *model, hft_market *market, uint64_t seed,
                             hft_time end, filter *f, const hft_progress *progress,
                             hft_error *error) {
  const hft_sink sink = {pass_on, f};
  hft_generate_interrupt pieces_done = {progress, 0};
  const hft_interrupt pieces = {hft_generate_goes_on, &pieces_done};
  bool runs = hft_market_reset_interruptible(model, market, seed, 0, &sink, &pieces);
  for (hft_time now = 0; runs && now < end && well(f->watchers);) {
    now = end - now > HFT_SECOND ? now + HFT_SECOND : end;
    runs = hft_market_run_interruptible(model, market, now, &sink, &pieces);
    pieces_done.done = (double)now / (double)end;
    runs = runs && hft_generate_goes_on(&pieces_done);
  }
  return runs ? HFT_OK : hft_fail(error, HFT_EINTR, "market", "interrupted");
}

hft_status hft_feed_market(const hft_model *model, int instrument, uint64_t seed, hft_time end,
                           const hft_watchers *watchers, const hft_progress *progress,
                           hft_time *last, hft_error *error) {
  const hft_instrument *common = hft_model_instrument(model);
  if (instrument < 0 || instrument >= hft_model_instrument_count(model)) {
    return hft_fail(error, HFT_EINVAL, "instrument", "%d out of range [0, %d]", instrument,
                    hft_model_instrument_count(model));
  }
  if (end > common->duration) {
    return hft_fail(error, HFT_EINVAL, "duration",
                    "the duration exceeds the session, market_config.duration_s");
  }
  *last = end > 0 ? end : common->duration;
  hft_status status = hft_model_check_window(model, *last, error);
  if (status == HFT_OK) status = begin(watchers, common->price_min, common->price_max, error);
  if (status != HFT_OK) return status;
  size_t size = hft_market_size(model);
  void *memory = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  if (memory == NULL) return hft_fail(error, HFT_ENOMEM, "market", "out of memory");
  hft_market *market;
  hft_status made = hft_market_init(model, memory, size, &market);
  HFT_CHECK(made == HFT_OK);
  filter f = {instrument, watchers};
  status = run_market(model, market, seed, *last, &f, progress, error);
  free(memory);
  return status;
}

// ---- a dataset -------------------------------------------------------------------------------

static hft_status report_progress(const hft_progress *progress, double done, const char *where,
                                  hft_error *error) {
  if (progress == NULL || progress->on_progress(progress->context, done)) return HFT_OK;
  return hft_fail(error, HFT_EINTR, where, "interrupted");
}

typedef struct dataset {
  hft_reader *reader;
  const char *path;
  hft_time end;
  const hft_progress *progress;
  double done, part;  // share of the work before this pass, and of this pass
} dataset;

// Calls `visit` for each event up to the end, in order, until it returns false.
static hft_status each_event(const dataset *d, bool (*visit)(void *context, const hft_event_row *),
                             void *context, hft_error *error) {
  int64_t rows = hft_reader_rows(d->reader, HFT_READER_EVENTS);
  hft_event_row *batch = malloc(BATCH * sizeof *batch);
  if (batch == NULL) return hft_fail(error, HFT_ENOMEM, d->path, "out of memory");
  hft_status status = HFT_OK;
  bool more = true;
  uint64_t last = 0;  // sequences increase; missing ones belong to other instruments
  for (int64_t first = 0; first < rows && more && status == HFT_OK; first += BATCH) {
    size_t count = (size_t)(rows - first < BATCH ? rows - first : BATCH);
    status = hft_reader_read(d->reader, HFT_READER_EVENTS, first, count, batch, error);
    for (size_t i = 0; i < count && more && status == HFT_OK; i++) {
      if (batch[i].sequence <= last) {
        status =
            hft_fail(error, HFT_EDATA, d->path, "the events are not in order; the file is damaged");
      } else {
        last = batch[i].sequence;
        more = batch[i].time <= d->end && visit(context, &batch[i]);
      }
    }
    if (status != HFT_OK) break;
    status = report_progress(d->progress, d->done + d->part * (double)first / (double)rows, d->path,
                             error);
  }
  free(batch);
  return status;
}

typedef struct price_span {
  hft_price low, high;  // 0: none
} price_span;

static bool widen(void *context, const hft_event_row *row) {
  price_span *span = context;
  if (row->kind != HFT_EVENT_ADD || row->price < 1) return true;
  if (span->low == 0 || row->price < span->low) span->low = row->price;
  if (row->price > span->high) span->high = row->price;
  return true;
}

static bool send_row(void *context, const hft_event_row *row) {
  const hft_event event = {.time = row->time,
                           .sequence = row->sequence,
                           .order = {0, row->order},
                           .taker = {0, row->taker},
                           .price = row->price,
                           .qty = row->qty,
                           .left = row->left,
                           .owner = row->owner,
                           .taker_owner = row->taker_owner,
                           .kind = row->kind,
                           .side = row->side,
                           .reason = row->reason};
  send(context, &event);
  return well(context);
}

static hft_status feed_reader(dataset *d, const hft_watchers *watchers, hft_error *error) {
  price_span span = {0, 0};
  d->part = 0.5;
  hft_status status = each_event(d, widen, &span, error);
  if (status != HFT_OK) return status;
  if (span.low == 0) span = (price_span){1, 1};  // no order ever rested
  status = begin(watchers, span.low, span.high, error);
  d->done = 0.5;
  hft_watchers listeners = *watchers;
  return status == HFT_OK ? each_event(d, send_row, &listeners, error) : status;
}

hft_status hft_feed_dataset(const char *path, const char *session, hft_time end,
                            const hft_watchers *watchers, const hft_progress *progress,
                            hft_time *last, hft_error *error) {
  dataset d = {.path = path, .progress = progress};
  hft_status status = hft_reader_open(path, session, &d.reader, error);
  if (status != HFT_OK) return status;
  d.end = hft_reader_info_of(d.reader)->duration;
  if (end > 0 && end < d.end) d.end = end;
  *last = d.end;
  status = feed_reader(&d, watchers, error);
  hft_reader_close(d.reader);
  return status;
}
