// The table of the dynamics: how a market answers and moves, one statistic a row.
//
// X(code, name, unit, low, high, least, tolerance, series, column, how, source, help)
//   low, high  range of real markets, inclusive; NAN: it depends on the instrument. The default
//              market claims every statistic with a range
//   least      observations needed for a verdict
//   tolerance  of the comparison with a tape: a share of its value, or ABS(difference)
//   series, column, how  what it is computed from (data/judge/dynamics.c)
// Prices are in ticks. A response is the move of the mid, in the direction of a market order, from
// just before the order to a time after it.
#ifndef HFTSIM_DATA_JUDGE_DYNAMICS_TABLE_H
#define HFTSIM_DATA_JUDGE_DYNAMICS_TABLE_H

#define HFT_SOURCE_RESPONSE "Bouchaud et al. 2004"
#define HFT_SOURCE_MAKER "Glosten, Milgrom 1985; LOBSTER samples, AAPL and MSFT"
#define HFT_SOURCE_QUEUE "Moallemi, Yuan 2016"
#define HFT_SOURCE_FLOW "Cont, Kukanov, Stoikov 2014"
#define HFT_SOURCE_BURST "Vyetrenko et al. 2020; LOBSTER samples, AAPL and MSFT"
#define HFT_SOURCE_SIGN "Lillo, Farmer 2004; Bouchaud et al. 2004"
#define HFT_SOURCE_SIGNATURE "Andersen et al. 2000; Bouchaud et al. 2004"
#define HFT_SOURCE_CLUSTER "Cont 2001, facts 6 and 8"
#define HFT_SOURCE_TAIL "Cont 2001, facts 2 and 4"
#define HFT_SOURCE_SPREAD "LOBSTER samples, AAPL and MSFT"

#define HFT_RESPONSE_HELP "response to a market order, mean"
#define HFT_FILL_HELP "share of the orders that join the best price and trade before a cancel"

// clang-format off
#define HFT_DYNAMIC_MAP(X)                                                                       \
  X(RESPONSE_0, response_0, "ticks", NAN, NAN, 300, 0.3, TRADE_0, 0, RESPONSE,                   \
    HFT_SOURCE_RESPONSE, HFT_RESPONSE_HELP ", at once")                                          \
  X(RESPONSE_1MS, response_1ms, "ticks", NAN, NAN, 300, 0.3, TRADE_1, 0, RESPONSE,               \
    HFT_SOURCE_RESPONSE, HFT_RESPONSE_HELP ", after 1 ms")                                       \
  X(RESPONSE_100MS, response_100ms, "ticks", NAN, NAN, 300, 0.3, TRADE_2, 0, RESPONSE,           \
    HFT_SOURCE_RESPONSE, HFT_RESPONSE_HELP ", after 100 ms")                                     \
  X(RESPONSE_1S, response_1s, "ticks", NAN, NAN, 300, 0.3, TRADE_3, 0, RESPONSE,                 \
    HFT_SOURCE_RESPONSE, HFT_RESPONSE_HELP ", after 1 s")                                        \
  X(RESPONSE_10S, response_10s, "ticks", NAN, NAN, 300, 0.3, TRADE_4, 0, RESPONSE,               \
    HFT_SOURCE_RESPONSE, HFT_RESPONSE_HELP ", after 10 s")                                       \
  X(RESPONSE_30S, response_30s, "ticks", NAN, NAN, 300, 0.3, TRADE_5, 0, RESPONSE,               \
    HFT_SOURCE_RESPONSE, HFT_RESPONSE_HELP ", after 30 s")                                       \
  X(EFFECTIVE_SPREAD, effective_spread, "ticks", NAN, NAN, 300, 0.2, TRADE_0, 0, EFFECTIVE,      \
    HFT_SOURCE_MAKER, "distance of executions from the mid before, mean over lots")              \
  X(REALISED_SPREAD_1S, realised_spread_1s, "ticks", NAN, NAN, 300, 0.3, TRADE_3, 0, REALISED,   \
    HFT_SOURCE_MAKER, "the same from the mid 1 s after: what the maker keeps")                   \
  X(REALISED_SPREAD_10S, realised_spread_10s, "ticks", NAN, NAN, 300, 0.3, TRADE_4, 0, REALISED, \
    HFT_SOURCE_MAKER, "the same 10 s after")                                                     \
  X(REALISED_SPREAD_30S, realised_spread_30s, "ticks", NAN, NAN, 300, 0.3, TRADE_5, 0, REALISED, \
    HFT_SOURCE_MAKER, "the same 30 s after")                                                     \
  X(ADVERSE_SELECTION_1S, adverse_selection_1s, "ticks", NAN, NAN, 300, 0.3, TRADE_3, 0, ADVERSE,\
    HFT_SOURCE_MAKER, "effective less realised spread after 1 s")                                \
  X(ADVERSE_SELECTION_10S, adverse_selection_10s, "ticks", NAN, NAN, 300, 0.3, TRADE_4, 0,       \
    ADVERSE, HFT_SOURCE_MAKER, "effective less realised spread after 10 s")                      \
  X(ADVERSE_SELECTION_30S, adverse_selection_30s, "ticks", NAN, NAN, 300, 0.3, TRADE_5, 0,       \
    ADVERSE, HFT_SOURCE_MAKER, "effective less realised spread after 30 s")                      \
  X(MAKER_KEEPS_1S, maker_keeps_1s, "1", -0.7, 0.3, 300, ABS(0.1), TRADE_3, 0, KEEPS,            \
    HFT_SOURCE_MAKER, "realised over effective spread after 1 s")                                \
  X(MAKER_KEEPS_10S, maker_keeps_10s, "1", -0.6, 0.3, 300, ABS(0.1), TRADE_4, 0, KEEPS,          \
    HFT_SOURCE_MAKER, "realised over effective spread after 10 s")                               \
  X(FILL_FRONT, fill_front, "1", NAN, NAN, 300, ABS(0.05), QUEUE, 0, SHARE, HFT_SOURCE_QUEUE,    \
    HFT_FILL_HELP ": those that improve it")                                                     \
  X(FILL_HALF, fill_half, "1", NAN, NAN, 300, ABS(0.05), QUEUE, 1, SHARE, HFT_SOURCE_QUEUE,      \
    HFT_FILL_HELP ": up to half the mean queue ahead")                                           \
  X(FILL_ONE, fill_one, "1", NAN, NAN, 300, ABS(0.05), QUEUE, 2, SHARE, HFT_SOURCE_QUEUE,        \
    HFT_FILL_HELP ": half to one mean queue ahead")                                              \
  X(FILL_TWO, fill_two, "1", NAN, NAN, 300, ABS(0.05), QUEUE, 3, SHARE, HFT_SOURCE_QUEUE,        \
    HFT_FILL_HELP ": one to two mean queues ahead")                                              \
  X(FILL_BACK, fill_back, "1", NAN, NAN, 300, ABS(0.05), QUEUE, 4, SHARE, HFT_SOURCE_QUEUE,      \
    HFT_FILL_HELP ": more ahead")                                                                \
  X(QUEUE_VALUE, queue_value, "1", 0, 0.5, 500, ABS(0.05), QUEUE, 0, FRONT_LESS_BACK,            \
    HFT_SOURCE_QUEUE, "that share up to one mean queue ahead, less that of more ahead")          \
  X(OFI_R2_1S, ofi_r2_1s, "1", 0.1, 0.95, 300, ABS(0.1), FLOW_1, 0, R2, HFT_SOURCE_FLOW,         \
    "R^2 of the mid's move and order flow imbalance in 1 s")                                     \
  X(OFI_R2_10S, ofi_r2_10s, "1", 0.1, 0.95, 100, ABS(0.1), FLOW_10, 0, R2, HFT_SOURCE_FLOW,      \
    "R^2 of the mid's move and order flow imbalance in 10 s")                                    \
  X(MESSAGE_FANO_1S, message_fano_1s, "1", 10, 1000, 300, 0.3, COUNT_1, 0, FANO,                 \
    HFT_SOURCE_BURST, "variance over mean of the messages in 1 s")                               \
  X(MESSAGE_FANO_10S, message_fano_10s, "1", 20, 5000, 100, 0.3, COUNT_10, 0, FANO,              \
    HFT_SOURCE_BURST, "variance over mean of the messages in 10 s")                              \
  X(REACTION_1MS, reaction_1ms, "1", 10, 2000, 300, 0.3, REACTION, 0, MEAN, HFT_SOURCE_BURST,    \
    "messages in the 1 ms after a market order, over those of a mean 1 ms")                      \
  X(SIGN_LAG_1, sign_lag_1, "1", 0.35, 0.8, 300, ABS(0.1), SIGN, 0, SIGN_AT, HFT_SOURCE_SIGN,    \
    "autocorrelation of the signs of market orders at lag 1")                                    \
  X(SIGN_LAG_4, sign_lag_4, "1", 0.1, 0.5, 300, ABS(0.1), SIGN, 1, SIGN_AT, HFT_SOURCE_SIGN,     \
    "autocorrelation of the signs of market orders at lag 4")                                    \
  X(SIGN_LAG_16, sign_lag_16, "1", 0, 0.3, 300, ABS(0.1), SIGN, 2, SIGN_AT, HFT_SOURCE_SIGN,     \
    "autocorrelation of the signs of market orders at lag 16")                                   \
  X(SIGN_LAG_64, sign_lag_64, "1", 0, 0.2, 300, ABS(0.1), SIGN, 3, SIGN_AT, HFT_SOURCE_SIGN,     \
    "autocorrelation of the signs of market orders at lag 64")                                   \
  X(VOLATILITY_100MS, volatility_100ms, "ticks/sqrt(s)", NAN, NAN, 20, 0.2, MOVE_100MS, 0, ROOT, \
    HFT_SOURCE_SIGNATURE, "root of the mean square of the mid's moves over 100 ms")              \
  X(VOLATILITY_1S, volatility_1s, "ticks/sqrt(s)", NAN, NAN, 20, 0.2, MOVE_1, 0, ROOT,           \
    HFT_SOURCE_SIGNATURE, "the same over 1 s")                                                   \
  X(VOLATILITY_5S, volatility_5s, "ticks/sqrt(s)", NAN, NAN, 20, 0.2, MOVE_5, 0, ROOT,           \
    HFT_SOURCE_SIGNATURE, "the same over 5 s")                                                   \
  X(VOLATILITY_10S, volatility_10s, "ticks/sqrt(s)", NAN, NAN, 20, 0.2, MOVE_10, 0, ROOT,        \
    HFT_SOURCE_SIGNATURE, "the same over 10 s")                                                  \
  X(VOLATILITY_30S, volatility_30s, "ticks/sqrt(s)", NAN, NAN, 20, 0.2, MOVE_30, 0, ROOT,        \
    HFT_SOURCE_SIGNATURE, "the same over 30 s")                                                  \
  X(VOLATILITY_60S, volatility_60s, "ticks/sqrt(s)", NAN, NAN, 20, 0.2, MOVE_60, 0, ROOT,        \
    HFT_SOURCE_SIGNATURE, "the same over 60 s")                                                  \
  X(SIGNATURE, signature, "1", 0.7, 1.4, 20, 0.2, SIGNATURE, 0, ROOT_RATIO,                      \
    HFT_SOURCE_SIGNATURE, "volatility over 1 s, over that over 60 s")                            \
  X(SPREAD_TIME, spread_time, "ticks", NAN, NAN, 300, 0.1, SPREAD, 0, RATIO, HFT_SOURCE_SPREAD,  \
    "spread, mean over time")                                                                    \
  X(ABS_RETURN_LAG_1, abs_return_lag_1, "1", 0.03, 0.5, 3000, ABS(0.05), ABS_1, 0, CORRELATION,  \
    HFT_SOURCE_CLUSTER, "autocorrelation of the absolute moves over 1 s at lag 1 s")             \
  X(ABS_RETURN_LAG_5, abs_return_lag_5, "1", 0.01, 0.4, 3000, ABS(0.05), ABS_5, 0, CORRELATION,  \
    HFT_SOURCE_CLUSTER, "the same at lag 5 s")                                                   \
  X(ABS_RETURN_LAG_30, abs_return_lag_30, "1", 0.03, 0.3, 3000, ABS(0.05), ABS_30, 0,            \
    CORRELATION, HFT_SOURCE_CLUSTER, "the same at lag 30 s")                                     \
  X(KURTOSIS_1S, kurtosis_1s, "1", 5, 25, 500, 0.5, POWERS_1, 0, KURTOSIS, HFT_SOURCE_TAIL,      \
    "excess kurtosis of the mid's moves over 1 s")                                               \
  X(KURTOSIS_60S, kurtosis_60s, "1", 1, 15, 200, ABS(1), POWERS_60, 0, KURTOSIS,                 \
    HFT_SOURCE_TAIL, "excess kurtosis of the mid's moves over 60 s")
// clang-format on

#endif
