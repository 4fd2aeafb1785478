// The observations behind the dynamics (data/judge/dynamics.h). As the samples of
// data/judge/judge.h, they can come from any number of stretches of rows.
#ifndef HFTSIM_DATA_JUDGE_DYNAMICS_SERIES_H
#define HFTSIM_DATA_JUDGE_DYNAMICS_SERIES_H

#include "data/judge/judge.h"

#define HFT_HORIZONS 6   // 0, 1 ms, 100 ms, 1 s, 10 s, 30 s after a market order
#define HFT_PLACES 5     // bins of the lots ahead of an order when it joins its queue
#define HFT_SIGN_LAGS 4  // 1, 4, 16, 64

// The columns of an observation of a market order; each horizon has a series. `there` is 1 if the
// stretch lasts until then, else 0, as are the others.
enum {
  HFT_ANSWER_THERE,
  HFT_ANSWER_RESPONSE,
  HFT_ANSWER_LOTS,
  HFT_ANSWER_EFFECTIVE,  // lots x ticks
  HFT_ANSWER_REALISED,
  HFT_ANSWER_COLUMNS
};

// The columns of a sign, then for each lag: 1 if there is such a later sign, both signs, their
// product; else 0.
enum { HFT_SIGN_ONE, HFT_SIGN_SQUARE, HFT_SIGN_FIRST };
enum { HFT_SIGN_THERE, HFT_SIGN_THIS, HFT_SIGN_LATER, HFT_SIGN_PRODUCT, HFT_SIGN_COLUMNS };

// name, columns
#define HFT_DYNAMIC_SERIES_MAP(X)                                                              \
  X(TRADE_0, HFT_ANSWER_COLUMNS)                                                               \
  X(TRADE_1, HFT_ANSWER_COLUMNS)                                                               \
  X(TRADE_2, HFT_ANSWER_COLUMNS)                                                               \
  X(TRADE_3, HFT_ANSWER_COLUMNS)                                                               \
  X(TRADE_4, HFT_ANSWER_COLUMNS)                                                               \
  X(TRADE_5, HFT_ANSWER_COLUMNS)                                                               \
  X(SIGN, HFT_SIGN_FIRST + (size_t)HFT_SIGN_LAGS * HFT_SIGN_COLUMNS)                           \
  X(QUEUE, (size_t)2 * HFT_PLACES) /* for each bin: 1 if the order is in it; 1 if it traded */ \
  X(REACTION, 1)                                                                               \
  X(FLOW_1, 5) /* moments of pairs: x, x^2, y, y^2, xy */                                      \
  X(FLOW_10, 5)                                                                                \
  X(COUNT_1, 2) /* x, x^2 */                                                                   \
  X(COUNT_10, 2)                                                                               \
  X(MOVE_100MS, 1) /* square of the move, a second */                                          \
  X(MOVE_1, 1)                                                                                 \
  X(MOVE_5, 1)                                                                                 \
  X(MOVE_10, 1)                                                                                \
  X(MOVE_30, 1)                                                                                \
  X(MOVE_60, 1)                                                                                \
  X(SIGNATURE, 2) /* sum of 60 squared moves over 1 s, square of the move over 60 s */         \
  X(SPREAD, 2)    /* spread x time, time */                                                    \
  X(ABS_1, 5)     /* moments of pairs */                                                       \
  X(ABS_5, 5)                                                                                  \
  X(ABS_30, 5)                                                                                 \
  X(POWERS_1, 4) /* x .. x^4 */                                                                \
  X(POWERS_60, 4)

typedef enum hft_dynamic_series {
#define X(name, columns) HFT_SERIES_##name,
  HFT_DYNAMIC_SERIES_MAP(X)
#undef X
      HFT_SERIES_COUNT
} hft_dynamic_series;

// Observations in the order of time, some columns each. Zeroed memory is an empty set.
typedef struct hft_dynamics {
  hft_doubles series[HFT_SERIES_COUNT];
} hft_dynamics;

// Frees the observations.
void hft_dynamics_free(hft_dynamics *dynamics);

// Adds the observations of the blocks of a part; none reaches from one block into the next. ENOMEM.
hft_status hft_dynamics_add(const hft_judge_rows *rows, const hft_judge_part *part,
                            hft_dynamics *dynamics);

#endif
