#include "baselines/span.h"

hft_time hft_span_time(double seconds) {
  return (hft_time)(seconds * (double)HFT_SECOND + 0.5);
}

hft_status hft_span_compile(double start_s, double horizon_s, const hft_instrument *instrument,
                            const char *where, hft_span *span, hft_error *error) {
  hft_time start = hft_span_time(start_s);
  hft_time end = horizon_s > 0 ? start + hft_span_time(horizon_s) : instrument->duration;
  double duration_s = (double)instrument->duration / (double)HFT_SECOND;
  if (start >= end) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "start_s: %.12g s is not before the end of the session at %.12g s", start_s,
                    duration_s);
  }
  if (end > instrument->duration) {
    return hft_fail(error, HFT_ECONFIG, where,
                    "start_s + horizon_s: trading ends at %.12g s, the session at %.12g s; "
                    "raise market_config.duration_s or shorten the horizon",
                    (double)end / (double)HFT_SECOND, duration_s);
  }
  *span = (hft_span){start, end};
  return HFT_OK;
}
