// The table of stylised facts: the statistics of `hftsim validate`, the ranges expected from the
// literature, and the facts that the default market claims to show. To claim another one, change
// its OPEN to CLAIMED here.
//
// X(code, name, unit, low, high, absent, least, claim, help, sample, source)
//   low, high  expected range, inclusive
//   absent     value in a market without the fact; NAN: none
//   least      observations needed for a verdict
//   sample     sample whose distribution is compared with another market's, with its unit
// An interval is the time between two samples of the mid price, 1 s by default.
#ifndef HFTSIM_DATA_FACTS_FACTS_TABLE_H
#define HFTSIM_DATA_FACTS_FACTS_TABLE_H

// clang-format off
#define HFT_FACT_MAP(X)                                                                           \
  X(RETURN_AUTOCORRELATION, return_autocorrelation, "1", -0.1, 0.1, NAN, 500, CLAIMED,          \
    "autocorrelation of the mid's log returns over an interval, at lag 1",                        \
    "products of successive returns, variances",                                                  \
    "Cont 2001, fact 1")                                                                          \
  X(LONG_AUTOCORRELATION, long_autocorrelation, "1", -0.15, 0.15, NAN, 100, CLAIMED,              \
    "autocorrelation of log returns over 10 intervals, at lag 1",                                 \
    "products of successive returns over 10 intervals, variances",                                \
    "Cont 2001, fact 1")                                                                          \
  X(EXCESS_KURTOSIS, excess_kurtosis, "1", 2, 50, 0, 500, CLAIMED,                             \
    "excess kurtosis of the log returns over an interval",                                        \
    "returns, standard deviations",                                                               \
    "Cont 2001, fact 2")                                                                          \
  X(TAIL_INDEX, tail_index, "1", 2, 5, NAN, 1000, CLAIMED,                                        \
    "Hill's index of the largest 5% of the absolute returns",                                     \
    "absolute returns, standard deviations",                                                      \
    "Gopikrishnan et al. 1998; Cont 2001, fact 2")                                                \
  X(VOLATILITY_CLUSTERING, volatility_clustering, "1", 0.03, 0.6, 0, 500, CLAIMED,                \
    "autocorrelation of the absolute returns, mean over lags 1 to 10",                            \
    "products of absolute returns' deviations, variances",                                        \
    "Cont 2001, fact 6")                                                                          \
  X(VOLATILITY_DECAY, volatility_decay, "1", 0.1, 0.6, NAN, 1000, OPEN,                           \
    "exponent of the power-law decay of that autocorrelation, lags 1 to 63",                      \
    "products of absolute returns' deviations at lags 32 to 63, variances",                       \
    "Cont 2001, fact 8")                                                                          \
  X(AGGREGATIONAL_GAUSSIANITY, aggregational_gaussianity, "1", 0.25, 100, 0, 25, OPEN,         \
    "excess kurtosis of the returns minus that of their sums over 20 intervals",                  \
    "sums of 20 returns, standard deviations",                                                    \
    "Cont 2001, fact 4; Gopikrishnan et al. 1999")                                                \
  X(LEVERAGE, leverage, "1", -0.5, -0.01, 0, 500, OPEN,                                           \
    "correlation of a return with the squares of the next 1 to 10",                               \
    "products of returns and later squares' deviations, standard deviations",                     \
    "Bouchaud, Matacz, Potters 2001; Cont 2001, fact 9")                                          \
  X(VOLUME_VOLATILITY, volume_volatility, "1", 0.1, 0.9, 0, 500, CLAIMED,                         \
    "correlation of an interval's volume with its absolute return",                               \
    "products of their deviations, standard deviations",                                          \
    "Karpoff 1987; Cont 2001, fact 10")                                                           \
  X(FANO_FACTOR, fano_factor, "1", 2, 100, 1, 500, CLAIMED,                                        \
    "variance over mean of the number of market orders per interval",                             \
    "market orders per interval, means",                                                          \
    "Vyetrenko et al. 2020")                                                                      \
  X(SIGN_MEMORY, sign_memory, "1", 0.05, 0.8, 0, 500, CLAIMED,                                    \
    "autocorrelation of the signs of market orders, mean over lags 1 to 10",                      \
    "lengths of runs of one sign, orders",                                                        \
    "Lillo, Farmer 2004; Bouchaud et al. 2004")                                                   \
  X(SIGN_DECAY, sign_decay, "1", 0.2, 0.9, NAN, 1000, OPEN,                                       \
    "exponent of the power-law decay of that autocorrelation, lags 1 to 63",                      \
    "products of a sign and the mean of the 32nd to 63rd sign after it",                          \
    "Lillo, Farmer 2004; Bouchaud et al. 2004")                                                   \
  X(SPREAD, spread, "bps", 0.5, 20, NAN, 300, CLAIMED,                                            \
    "mean relative spread",                                                                       \
    "relative spread, bps",                                                                       \
    "LOBSTER sample, AAPL 2012-06-21")                                                            \
  X(DEPTH_PROFILE, depth_profile, "1", 1.1, 20, 1, 300, OPEN,                                  \
    "largest mean size of levels 2 to 10 over the mean size of the best level",                   \
    "size of the best level over the mean of 10 levels",                                          \
    "Bouchaud, Mezard, Potters 2002")                                                             \
  X(INTER_ARRIVAL, inter_arrival, "1", 1.3, 10, 1, 500, CLAIMED,                                  \
    "standard deviation over mean of the times between market orders",                            \
    "times between market orders, log10 s",                                                       \
    "Vyetrenko et al. 2020")                                                                      \
  X(ORDER_SIZE, order_size, "1", 1, 3, NAN, 1000, CLAIMED,                                        \
    "Hill's index of the largest 5% of the sizes of market orders",                               \
    "sizes of market orders, means",                                                              \
    "Gopikrishnan et al. 2000; Maslov, Mills 2001")                                               \
  X(TIME_TO_CANCEL, time_to_cancel, "1", 0.2, 0.98, NAN, 500, CLAIMED,                            \
    "share of cancelled orders that had rested for less than 2 s",                                \
    "time to cancel, log10 s",                                                                    \
    "Hasbrouck, Saar 2009")
// clang-format on

#endif
