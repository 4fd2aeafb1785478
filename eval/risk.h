// Figures of an equity curve: of the changes of an account's value from the end of one step to the
// end of the next, and of its falls. The first change is from 0 to the end of the first step.
//
// Sharpe ratio: W. Sharpe, "The Sharpe ratio", Journal of Portfolio Management 21, 1994. Downside
// deviation: F. Sortino and R. van der Meer, "Downside risk", Journal of Portfolio Management 17,
// 1991. Expected shortfall: C. Acerbi and D. Tasche, "On the coherence of expected shortfall",
// Journal of Banking and Finance 26, 2002.
#ifndef HFTSIM_EVAL_RISK_H
#define HFTSIM_EVAL_RISK_H

#include <stddef.h>
#include <stdint.h>

#include "eval/record.h"

#define HFT_TAIL 0.05          // of the changes that VaR and CVaR look at
#define HFT_TAIL_CHANGES 20    // fewer have no such tail: VaR and CVaR are NaN
#define HFT_SESSION_S 23400.0  // a session of 6.5 h, whatever market_config.duration_s is
#define HFT_YEAR_SESSIONS 252.0

// Seconds of trading in a year: ratios a step are scaled by the root of the steps in a year.
#define HFT_YEAR_S (HFT_YEAR_SESSIONS * HFT_SESSION_S)

// In ticks x lots and steps. NaN: there are too few changes. Zeroed memory: no curve is known.
typedef struct hft_risk {
  int64_t changes;            // steps; 0: all else has no meaning
  double mean, sd;            // of the changes; sd: n - 1 in the denominator, NaN for one change
  double downside;            // root of the mean square of the falls, rises counting as 0
  double value_at_risk;       // loss that a step exceeds in 5% of all
  double expected_shortfall;  // mean loss of the worst 5% of the steps
  int64_t rises, falls;       // changes above and below 0
  int64_t fall_steps;     // from the peak before the largest fall until it is passed, or the end
  double position_sd;     // lots, n in the denominator
  int64_t flat, is_long;  // steps that ended without a position, and with one above 0
} hft_risk;

// Computes the figures of the sum of `count` accounts, which have the same number of steps.
// `scratch` holds a double a step. Unknown if the notes of one are incomplete.
void hft_risk_compute(const hft_trading *trading, int count, double *scratch, hft_risk *out);

// Writes VaR and expected shortfall of changes[count], which it rearranges: minus the HFT_TAIL
// quantile by linear interpolation, and minus the mean of the floor((count - 1) HFT_TAIL) + 1
// smallest. NaN for fewer than HFT_TAIL_CHANGES.
void hft_risk_tail(double *changes, size_t count, double *value_at_risk,
                   double *expected_shortfall);

#endif
