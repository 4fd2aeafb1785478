// Feeds the events of a simulated market or of a dataset to watchers, such as the observer of facts
// and the judge.
#ifndef HFTSIM_DATA_FACTS_FACTS_FEED_H
#define HFTSIM_DATA_FACTS_FACTS_FEED_H

#include <stdbool.h>
#include <stdint.h>

#include "data/dataset/generate.h"
#include "sim/market/model.h"

// A listener to the events of one instrument.
typedef struct hft_watcher {
  // Called before the first event, with the range of the prices. Any status but OK ends the feed.
  hft_status (*begin)(void *context, hft_price price_min, hft_price price_max, hft_error *error);
  void (*on_event)(void *context, const hft_event *event);
  bool (*well)(const void *context);  // false: it needs no more events; if none does, the feed ends
  void *context;
} hft_watcher;

// Listeners to the same feed.
typedef struct hft_watchers {
  const hft_watcher *watcher;  // [count]
  int count;
} hft_watchers;

// Runs the world (seed, 0) of a model to market time `end` (0: all of the session) and feeds the
// events of one instrument; *last is the time of the end. `progress` may be null. Errors: EINVAL if
// the instrument does not exist or the end is after the session's; EINTR if `progress` stopped the
// run; ENOMEM.
hft_status hft_feed_market(const hft_model *model, int instrument, uint64_t seed, hft_time end,
                           const hft_watchers *watchers, const hft_progress *progress,
                           hft_time *last, hft_error *error);

// Feeds the events of a session of a dataset up to market time `end` (0: all of the session); *last
// is the time of the end. `session` (see data/dataset/reader.h) and `progress` may be null. Errors:
// EDATA if the file is damaged; EIO, EINTR, ENOMEM.
hft_status hft_feed_dataset(const char *path, const char *session, hft_time end,
                            const hft_watchers *watchers, const hft_progress *progress,
                            hft_time *last, hft_error *error);

#endif
