// Fits what happens next: the weights of the 12 outcomes, as a multinomial logit.
#ifndef HFTSIM_DATA_CALIBRATE_MARKS_H
#define HFTSIM_DATA_CALIBRATE_MARKS_H

#include <stddef.h>

#include "data/calibrate/context.h"
#include "sim/base/progress.h"
#include "sim/flow/tables.h"

// Maximises the likelihood of the fitted part, less a ridge: sets base, spread, imbalance,
// previous, before, move, queue_exponent and orders_exponent of *tables, whose edges are set. By
// L-BFGS: J. Nocedal, "Updating quasi-Newton matrices with limited storage", Mathematics of
// Computation 35, 1980. *likelihood receives the mean logarithm per event. Errors: ENOMEM, EINTR;
// EDATA if the search fails.
hft_status hft_marks_fit(const hft_context *contexts, size_t count, const hft_progress *progress,
                         hft_flow_tables *tables, double *likelihood, hft_error *error);

#endif
