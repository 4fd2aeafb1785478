// Synthetic tapes as LOBSTER cuts them to N levels: a message and its row only where one of the
// best N levels of a side has changed. The book is a list of orders and shares no code with the
// simulator.
#ifndef HFTSIM_TESTS_DATA_LEVEL_VIEW_H
#define HFTSIM_TESTS_DATA_LEVEL_VIEW_H

#include <stdint.h>

#include "data/lobster/lobster.h"

typedef struct level_view {
  int levels;      // N
  int operations;  // of the whole market, of which the files tell of some
  uint64_t seed;
  int64_t tick;                      // USD x 10,000
  int64_t middle;                    // ticks: where the market begins
  const char *messages, *orderbook;  // paths
  // Lines to plant among the messages, with rows that stay as they are: each ", <type>, ..." after
  // the time; null: none. One stands after each 50th message.
  const char *const *planted;
  int planted_count;
} level_view;

// Writes both files; returns how many messages.
int level_view_write(const level_view *view);

#endif
