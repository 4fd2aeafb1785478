// The units of the market. The book and the ledger use integers only; doubles appear only in
// processes, features and rewards.
#ifndef HFTSIM_SIM_BASE_UNITS_H
#define HFTSIM_SIM_BASE_UNITS_H

#include <stdint.h>

typedef int64_t hft_time;    // nanoseconds since the session's open
typedef int32_t hft_price;   // ticks, >= 1; 0 means "none"
typedef int32_t hft_qty;     // lots
typedef int64_t hft_cash;    // ticks x lots
typedef uint16_t hft_owner;  // index of a participant in its market

#define HFT_SECOND ((hft_time)1000000000)
#define HFT_MILLISECOND ((hft_time)1000000)
#define HFT_TIME_NEVER INT64_MAX

// Handle of an order: valid while the order rests, stale afterwards. {0, 0} is null.
typedef struct hft_order_id {
  uint32_t slot1;   // slot in the order pool + 1
  uint32_t number;  // the order's number in its market (1, 2, 3, ...); unique among 2^32 - 1 orders
} hft_order_id;

typedef enum hft_side {
  HFT_BID = 0,
  HFT_ASK = 1,
  HFT_SIDE_NONE = 2  // the side of a zero auction surplus; never an order's side
} hft_side;

// The opposite of HFT_BID or HFT_ASK.
static inline hft_side hft_side_other(hft_side side) {
  return side == HFT_BID ? HFT_ASK : HFT_BID;
}

// +1 for a bid (buying), -1 for an ask (selling).
static inline int32_t hft_side_sign(hft_side side) {
  return side == HFT_BID ? 1 : -1;
}

#endif
