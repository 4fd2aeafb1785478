// The series of the episodes of a contest: what each strategy's account, fills and book were over
// time. The episodes are run again for them, some at a time, so that memory does not grow with
// their number.
#ifndef HFTSIM_EVAL_CONTEST_SERIES_H
#define HFTSIM_EVAL_CONTEST_SERIES_H

#include "eval/contest.h"
#include "eval/results.h"

// Receives the series of a contestant's episode, which are gone when it returns. A failure ends the
// run and is returned by it.
typedef hft_status hft_contest_series_write(void *context, const hft_results_series *series,
                                            hft_error *error);

// Runs the worlds of the options and writes their series in the order of episodes and, of each, of
// contestants, on the caller's thread; of antithetic pairs those of the first side, in which all
// buy. The first `depth_episodes` have the depth of the book, too. EINVAL: the contest trades
// several instruments, or an option is out of bounds; ENOMEM; EINTR; else the errors of `write`.
hft_status hft_contest_series(const hft_contest *contest, const hft_runner_options *options,
                              int depth_episodes, hft_contest_series_write *write, void *context,
                              hft_error *error);

#endif
