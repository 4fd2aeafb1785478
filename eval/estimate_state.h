// Inside of eval/estimate: the interface of an estimator. It has a record of fixed size of each
// earlier episode and instrument, which it fills while the episode runs, on the episode's thread,
// and at last it reads all records in the order of the episodes. So an estimate does not depend on
// the number of threads.
#ifndef HFTSIM_EVAL_ESTIMATE_STATE_H
#define HFTSIM_EVAL_ESTIMATE_STATE_H

#include "eval/estimate.h"

#define HFT_ESTIMATE_STEP HFT_SECOND  // between two steps of an earlier episode

// An earlier episode under way, at one instrument. Estimators only read the market.
typedef struct hft_estimate_watch {
  const hft_model *model;
  const hft_market *market;
  int instrument;
  hft_time start, end;  // of the span, ns since the session's open
  hft_time slice;       // of the strategy's slices of the span, ns; 0: it has none
  int64_t unit;         // lots of a quote of the strategy; 1 where it has none
} hft_estimate_watch;

typedef struct hft_estimator {
  size_t record_size;  // a multiple of 8; records are zeroed
  // The span begins. May be null.
  void (*open)(const hft_estimate_watch *watch, void *record);
  // An event at the instrument, after the span's start and until its end. During a trade the mid
  // is still the one just before the incoming order. May be null.
  void (*event)(const hft_estimate_watch *watch, void *record, const hft_event *event);
  // HFT_ESTIMATE_STEP has passed since the last step, or the start. May be null.
  void (*step)(const hft_estimate_watch *watch, void *record);
  // The span ends. May be null.
  void (*close)(const hft_estimate_watch *watch, void *record);
  // Writes its estimates, which are NaN before; count >= 1. All records have the same span; the
  // watch is that of the last episode, without its market.
  void (*finish)(const hft_estimate_watch *watch, const void *records, size_t count,
                 hft_estimates *out);
} hft_estimator;

#define X(estimator) extern const hft_estimator estimator;
HFT_ESTIMATOR_MAP(X)
#undef X

#endif
