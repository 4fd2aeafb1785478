// Internal to data/judge: the observations behind the dynamics.
#ifndef HFTSIM_DATA_JUDGE_DYNAMICS_SERIES_H
#define HFTSIM_DATA_JUDGE_DYNAMICS_SERIES_H

#include "data/judge/dynamics.h"

#define HFT_HORIZONS 6   // 0, 1 ms, 100 ms, 1 s, 10 s, 30 s after a market order
#define HFT_PLACES 5     // bins of the lots ahead of an order when it joins its queue
#define HFT_SIGN_LAGS 4  // 1, 4, 16, 64

// The columns of an observation of a market order, for each horizon. `there` is 1 if the stretch
// lasts until then, else 0, as are the others.
enum {
  HFT_TRADE_THERE,
  HFT_TRADE_RESPONSE,
  HFT_TRADE_LOTS,
  HFT_TRADE_EFFECTIVE,  // lots x ticks
  HFT_TRADE_REALISED,
  HFT_TRADE_COLUMNS
};

// The columns of a sign, then for each lag: 1 if there is such a later sign, both signs, their
// product; else 0.
enum { HFT_SIGN_ONE, HFT_SIGN_SQUARE, HFT_SIGN_FIRST };
enum { HFT_SIGN_THERE, HFT_SIGN_THIS, HFT_SIGN_LATER, HFT_SIGN_PRODUCT, HFT_SIGN_COLUMNS };

// name, columns
#define HFT_DYNAMIC_SERIES_MAP(X)                                                      \
  X(TRADE, HFT_HORIZONS *HFT_TRADE_COLUMNS)                                            \
  X(SIGN, HFT_SIGN_FIRST + HFT_SIGN_LAGS * HFT_SIGN_COLUMNS)                           \
  X(QUEUE, 2 * HFT_PLACES) /* for each bin: 1 if the order is in it; 1 if it traded */ \
  X(REACTION, 1)                                                                       \
  X(FLOW_1, 5) /* moments of pairs: x, x^2, y, y^2, xy */                              \
  X(FLOW_10, 5)                                                                        \
  X(COUNT_1, 2) /* x, x^2 */                                                           \
  X(COUNT_10, 2)                                                                       \
  X(MOVE_100MS, 1) /* square of the move, a second */                                  \
  X(MOVE_1, 1)                                                                         \
  X(MOVE_5, 1)                                                                         \
  X(MOVE_10, 1)                                                                        \
  X(MOVE_30, 1)                                                                        \
  X(MOVE_60, 1)                                                                        \
  X(SIGNATURE, 2) /* sum of 60 squared moves over 1 s, square of the move over 60 s */ \
  X(SPREAD, 2)    /* spread x time, time */                                            \
  X(ABS_1, 5)     /* moments of pairs */                                               \
  X(ABS_5, 5)                                                                          \
  X(ABS_30, 5)                                                                         \
  X(POWERS_1, 4) /* x .. x^4 */                                                        \
  X(POWERS_60, 4)

typedef enum hft_dynamic_series {
#define X(name, columns) HFT_SERIES_##name,
  HFT_DYNAMIC_SERIES_MAP(X)
#undef X
      HFT_SERIES_COUNT
} hft_dynamic_series;

_Static_assert(HFT_SERIES_COUNT == HFT_DYNAMIC_SERIES, "hft_dynamics has all series");

#endif
