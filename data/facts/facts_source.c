#include "data/facts/facts_source.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "data/dataset/reader.h"
#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/market/market.h"

#define BATCH 16384  // events between two progress callbacks

static hft_status report_progress(const hft_progress *progress, double done, const char *where,
                                  hft_error *error) {
  if (progress == NULL || progress->on_progress(progress->context, done)) return HFT_OK;
  return hft_fail(error, HFT_EINTR, where, "interrupted");
}

// Adds the file to an error of the observer, which does not know it.
static hft_status add_where(const char *where, hft_status status, hft_error *error) {
  if (status != HFT_OK && error != NULL && error->where[0] == '\0') {
    snprintf(error->where, sizeof error->where, "%.150s", where);
  }
  return status;
}

// ---- a market --------------------------------------------------------------------------------

// Passes on the events of one instrument.
typedef struct filter {
  int instrument;
  hft_observer *observer;
} filter;

static void pass_on(void *context, const hft_event *event) {
  const filter *f = context;
  if (event->instrument == f->instrument) hft_observer_event(f->observer, event);
}

static hft_status run_market(const hft_model *model, hft_market *market, uint64_t seed,
                             hft_time end, filter *f, const hft_progress *progress,
                             hft_error *error) {
  const hft_sink sink = {pass_on, f};
  hft_generate_interrupt pieces_done = {progress, 0};
  const hft_interrupt pieces = {hft_generate_goes_on, &pieces_done};
  bool runs = hft_market_reset_interruptible(model, market, seed, 0, &sink, &pieces);
  for (hft_time now = 0; runs && now < end && hft_observer_well(f->observer);) {
    now = end - now > HFT_SECOND ? now + HFT_SECOND : end;
    runs = hft_market_run_interruptible(model, market, now, &sink, &pieces);
    pieces_done.done = (double)now / (double)end;
    runs = runs && hft_generate_goes_on(&pieces_done);
  }
  return runs ? HFT_OK : hft_fail(error, HFT_EINTR, "market", "interrupted");
}

hft_status hft_facts_observe_market(const hft_model *model, int instrument, uint64_t seed,
                                    const hft_observe_plan *plan, const hft_progress *progress,
                                    hft_observed *out, hft_error *error) {
  *out = (hft_observed){0};
  const hft_instrument *common = hft_model_instrument(model);
  if (instrument < 0 || instrument >= hft_model_instrument_count(model)) {
    return hft_fail(error, HFT_EINVAL, "instrument", "%d out of range [0, %d]", instrument,
                    hft_model_instrument_count(model));
  }
  if (plan->duration > common->duration) {
    return hft_fail(error, HFT_EINVAL, "duration",
                    "the duration exceeds the session, market_config.duration_s");
  }
  hft_time end = plan->duration > 0 ? plan->duration : common->duration;
  hft_status status = hft_model_check_window(model, end, error);
  if (status != HFT_OK) return status;
  const hft_observer_config config = {.warmup = plan->warmup,
                                      .interval = plan->interval,
                                      .price_min = common->price_min,
                                      .price_max = common->price_max};
  size_t size = hft_market_size(model);
  void *memory = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  hft_observer *observer = NULL;
  status = hft_observer_create(&config, &observer, error);
  if (memory == NULL) status = hft_fail(error, HFT_ENOMEM, "market", "out of memory");
  if (status == HFT_OK) {
    hft_market *market;
    hft_status made = hft_market_init(model, memory, size, &market);
    HFT_CHECK(made == HFT_OK);
    filter f = {instrument, observer};
    status = run_market(model, market, seed, end, &f, progress, error);
  }
  if (status == HFT_OK) status = hft_observer_finish(observer, end, out, error);
  hft_observer_free(observer);
  free(memory);
  return add_where("market", status, error);
}

// ---- a dataset -------------------------------------------------------------------------------

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

static bool observe_row(void *context, const hft_event_row *row) {
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
  hft_observer_event(context, &event);
  return hft_observer_well(context);
}

static hft_status observe_reader(dataset *d, const hft_observe_plan *plan, hft_observed *out,
                                 hft_error *error) {
  price_span span = {0, 0};
  d->part = 0.5;
  hft_status status = each_event(d, widen, &span, error);
  if (status != HFT_OK) return status;
  if (span.low == 0) span = (price_span){1, 1};  // no order ever rested
  const hft_observer_config config = {.warmup = plan->warmup,
                                      .interval = plan->interval,
                                      .price_min = span.low,
                                      .price_max = span.high};
  hft_observer *observer;
  status = hft_observer_create(&config, &observer, error);
  if (status != HFT_OK) return status;
  d->done = 0.5;
  status = each_event(d, observe_row, observer, error);
  if (status == HFT_OK) status = hft_observer_finish(observer, d->end, out, error);
  hft_observer_free(observer);
  return status;
}

hft_status hft_facts_observe_dataset(const char *path, const char *session,
                                     const hft_observe_plan *plan, const hft_progress *progress,
                                     hft_observed *out, hft_error *error) {
  *out = (hft_observed){0};
  dataset d = {.path = path, .progress = progress};
  hft_status status = hft_reader_open(path, session, &d.reader, error);
  if (status != HFT_OK) return status;
  d.end = hft_reader_info_of(d.reader)->duration;
  if (plan->duration > 0 && plan->duration < d.end) d.end = plan->duration;
  status = observe_reader(&d, plan, out, error);
  hft_reader_close(d.reader);
  return add_where(path, status, error);
}
