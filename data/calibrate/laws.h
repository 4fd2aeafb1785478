// Fits the tables of when, where, with what size and which order, by the frequencies on a tape.
#ifndef HFTSIM_DATA_CALIBRATE_LAWS_H
#define HFTSIM_DATA_CALIBRATE_LAWS_H

#include <stddef.h>

#include "data/calibrate/context.h"
#include "sim/flow/tables.h"

// The distribution of the waiting times of each cell: kind of the last event, class of activity,
// group of the spread. A cell with too few events takes neighbouring classes of activity, then all
// of them, then all groups, then all kinds, then all events. ENOMEM.
hft_status hft_fit_waits(const hft_context *contexts, size_t count, hft_flow_tables *tables,
                         hft_error *error);

// The distances of limit orders by class of the spread; a class with too few takes its neighbours.
// Sizes of limit orders, in lots of `lot` shares. Sizes of market orders against the queue they
// meet. ENOMEM.
hft_status hft_fit_orders(const hft_watched *watched, const hft_context *contexts, double lot,
                          hft_flow_tables *tables, hft_error *error);

// Which orders are cancelled: the weights of recency, distance and size whose product gives the
// picked numbers, by iterative proportional fitting: W. E. Deming and F. F. Stephan, "On a least
// squares adjustment of a sampled frequency table when the expected marginal totals are known",
// Annals of Mathematical Statistics 11, 1940.
void hft_fit_cancels(const hft_watched *watched, double lot, hft_flow_tables *tables);

// The book at the open, and the volatility.
void hft_fit_book(hft_watched *watched, double lot, hft_flow_tables *tables);

// The spread's weights of classes with too few events are those of the nearest class below with
// enough, so that no weight near 0 keeps a book wide that the tape has never shown so wide.
void hft_clip_spreads(const hft_context *contexts, size_t count, hft_flow_tables *tables);

#endif
