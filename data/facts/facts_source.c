#include "data/facts/facts_source.h"

#include <stdio.h>

#include "data/facts/facts_feed.h"

// An observer that a feed creates, as the price range is known only then.
typedef struct observation {
  const hft_observe_plan *plan;
  hft_observer *observer;
} observation;

static hft_status begin(void *context, hft_price price_min, hft_price price_max, hft_error *error) {
  observation *o = context;
  const hft_observer_config config = {.warmup = o->plan->warmup,
                                      .interval = o->plan->interval,
                                      .price_min = price_min,
                                      .price_max = price_max};
  return hft_observer_create(&config, &o->observer, error);
}

static void on_event(void *context, const hft_event *event) {
  hft_observer_event(((observation *)context)->observer, event);
}

static bool well(const void *context) {
  return hft_observer_well(((const observation *)context)->observer);
}

// The watchers of a plan: the observer, and the plan's own.
static hft_watchers watchers_of(observation *o, hft_watcher pair[2]) {
  pair[0] = (hft_watcher){begin, on_event, well, o};
  if (o->plan->also != NULL) pair[1] = *o->plan->also;
  return (hft_watchers){pair, o->plan->also != NULL ? 2 : 1};
}

// Ends the observation, and adds the source to an error of the observer, which does not know it.
static hft_status finish(observation *o, const char *source, hft_status status, hft_time end,
                         hft_observed *out, hft_error *error) {
  if (status == HFT_OK) status = hft_observer_finish(o->observer, end, out, error);
  hft_observer_free(o->observer);
  if (status != HFT_OK && error != NULL && error->where[0] == '\0') {
    snprintf(error->where, sizeof error->where, "%.150s", source);
  }
  return status;
}

hft_status hft_facts_observe_market(const hft_model *model, int instrument, uint64_t seed,
                                    const hft_observe_plan *plan, const hft_progress *progress,
                                    hft_observed *out, hft_error *error) {
  *out = (hft_observed){0};
  observation o = {.plan = plan};
  hft_watcher pair[2];
  const hft_watchers watchers = watchers_of(&o, pair);
  hft_time end = 0;
  hft_status status =
      hft_feed_market(model, instrument, seed, plan->duration, &watchers, progress, &end, error);
  return finish(&o, "market", status, end, out, error);
}

hft_status hft_facts_observe_dataset(const char *path, const char *session,
                                     const hft_observe_plan *plan, const hft_progress *progress,
                                     hft_observed *out, hft_error *error) {
  *out = (hft_observed){0};
  observation o = {.plan = plan};
  hft_watcher pair[2];
  const hft_watchers watchers = watchers_of(&o, pair);
  hft_time end = 0;
  hft_status status =
      hft_feed_dataset(path, session, plan->duration, &watchers, progress, &end, error);
  return finish(&o, path, status, end, out, error);
}
