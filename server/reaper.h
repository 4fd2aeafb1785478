// Closes large sessions on a thread of its own: freeing gigabytes takes the system a large part of
// a second, and other requests must not wait for it.
#ifndef HFTSIM_SERVER_REAPER_H
#define HFTSIM_SERVER_REAPER_H

#include <pthread.h>

#include "server/session.h"

#define HFT_REAPER_BYTES ((size_t)16 << 20)  // smaller ones are closed at once

// Zero-initialize it before the first use. It closes one session at a time: closing a second one
// waits for the first.
typedef struct hft_reaper {
  pthread_t thread;
  bool is_running;
} hft_reaper;

// Closes a session as hft_session_close does; its slot is free on return.
void hft_reaper_close(hft_reaper *reaper, hft_session *session);

// Waits until the memory is freed.
void hft_reaper_wait(hft_reaper *reaper);

#endif
