#include "sim/market/event.h"

const char *hft_event_name(hft_event_kind kind) {
  switch (kind) {
#define X(name, code, text) \
  case HFT_EVENT_##name:    \
    return #name;
    HFT_EVENT_MAP(X)
#undef X
  }
  return "?";
}

const char *hft_reason_text(hft_reason reason) {
  switch (reason) {
#define X(name, code, text) \
  case HFT_REASON_##name:   \
    return text;
    HFT_REASON_MAP(X)
#undef X
  }
  return "unknown reason";
}
