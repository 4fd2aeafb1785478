#include "data/dataset/generate.h"

#include <stdlib.h>

#include "sim/base/arena.h"
#include "sim/base/check.h"
#include "sim/market/market.h"

// The longest market time between two calls of the progress callback.
#define SLICE HFT_SECOND

static hft_time earlier(hft_time a, hft_time b) {
  return a < b ? a : b;
}

bool hft_generate_goes_on(void *context) {
  const hft_generate_interrupt *self = context;
  return hft_progress_report(self->progress, self->done);
}

static hft_status interrupted(const hft_recording *recording, hft_error *error) {
  return hft_fail(error, HFT_EINTR, recording->path, "interrupted; no file was written");
}

static hft_status run(const hft_recording *recording, const hft_model *model, hft_market *market,
                      hft_recorder *recorder, const hft_progress *progress, hft_error *error) {
  hft_sink sink = hft_recorder_sink(recorder);
  hft_generate_interrupt look = {progress, 0};
  const hft_interrupt pieces = {hft_generate_goes_on, &look};
  if (!hft_market_reset_interruptible(model, market, recording->seed, 0, &sink, &pieces)) {
    return interrupted(recording, error);
  }
  hft_time end = recording->duration_ns, next_snapshot = 0, next_look = 0;
  for (hft_time now = 0;; now = earlier(end, earlier(next_snapshot, next_look))) {
    if (!hft_market_run_interruptible(model, market, now, &sink, &pieces)) {
      return interrupted(recording, error);
    }
    if (now == next_snapshot) {
      hft_status status = hft_recorder_snapshot(recorder, market, error);
      if (status != HFT_OK) return status;
      next_snapshot += recording->snapshot_ns;
    }
    if (now == next_look) {
      next_look += SLICE;
      look.done = (double)now / (double)end;
      if (!hft_generate_goes_on(&look)) return interrupted(recording, error);
    }
    if (now == end) return HFT_OK;
  }
}

static hft_status run_and_commit(const hft_recording *recording, const hft_model *model,
                                 hft_recorder *recorder, const hft_progress *progress,
                                 hft_generate_summary *summary, hft_error *error) {
  size_t size = hft_market_size(model);
  void *memory = aligned_alloc(HFT_CACHE_LINE, hft_align(size));
  if (memory == NULL) {
    return hft_fail(error, HFT_ENOMEM, recording->path, "out of memory for a market of %zu bytes",
                    size);
  }
  hft_market *market;
  hft_status made = hft_market_init(model, memory, size, &market);
  HFT_CHECK(made == HFT_OK);
  hft_status status = run(recording, model, market, recorder, progress, error);
  if (status == HFT_OK) {
    summary->rows = hft_recorder_counts_of(recorder);
    summary->messages = hft_market_messages(market);
    status = hft_recorder_commit(recorder, &summary->bytes, error);
  }
  free(memory);
  return status;
}

hft_status hft_generate(const hft_recording *recording, const hft_model *model,
                        const hft_progress *progress, hft_generate_summary *summary,
                        hft_error *error) {
  *summary = (hft_generate_summary){0};
  if (recording->duration_ns > hft_model_instrument(model)->duration) {
    return hft_fail(error, HFT_EINVAL, "duration",
                    "the duration exceeds the session, market_config.duration_s");
  }
  hft_status status = hft_model_check_window(model, recording->duration_ns, error);
  if (status != HFT_OK) return status;
  hft_recorder *recorder;
  status = hft_recorder_create(recording, model, &recorder, error);
  if (status != HFT_OK) return status;
  status = run_and_commit(recording, model, recorder, progress, summary, error);
  hft_recorder_free(recorder);
  return status;
}
