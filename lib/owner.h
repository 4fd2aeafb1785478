// Which process something belongs to, told without a system call.
#ifndef HFTSIM_LIB_OWNER_H
#define HFTSIM_LIB_OWNER_H

#include <stdbool.h>

// A page that a fork clears in the child.
typedef struct hft_owner_mark {
  char *page;
} hft_owner_mark;

// Marks this process as the owner. False when out of memory.
bool hft_owner_mark_init(hft_owner_mark *mark);
void hft_owner_mark_free(hft_owner_mark *mark);

// False in a process that was forked since.
bool hft_owner_mark_holds(const hft_owner_mark *mark);

#endif
