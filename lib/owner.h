// Tells whether this process is the one that created an object, without a system call.
#ifndef HFTSIM_LIB_OWNER_H
#define HFTSIM_LIB_OWNER_H

#include <stdbool.h>

// A page that fork() clears in the child (MADV_WIPEONFORK).
typedef struct hft_owner_mark {
  char *page;
} hft_owner_mark;

// Marks this process as the owner. False: out of memory, or the kernel lacks MADV_WIPEONFORK.
bool hft_owner_mark_init(hft_owner_mark *mark);

// Unmaps the page. Does nothing where hft_owner_mark_init failed.
void hft_owner_mark_free(hft_owner_mark *mark);

// Whether this process set the mark; false in a process that was forked since.
bool hft_owner_mark_holds(const hft_owner_mark *mark);

#endif
