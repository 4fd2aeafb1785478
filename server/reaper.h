// Closes large sessions on a thread of its own: to give gigabytes back takes the system a good part
// of a second, for which nobody else is to wait.
#ifndef HFTSIM_SERVER_REAPER_H
#define HFTSIM_SERVER_REAPER_H

#include <pthread.h>

#include "server/session.h"

#define HFT_REAPER_BYTES ((size_t)16 << 20)  // smaller ones are closed at once

// Zero it before its first use. It has one session in hand at most: who brings the next one waits.
typedef struct hft_reaper {
  pthread_t thread;
  bool is_running;
} hft_reaper;

// As hft_session_close. The place is free at once.
void hft_reaper_close(hft_reaper *reaper, hft_session *session);
// Waits until all is given back.
void hft_reaper_wait(hft_reaper *reaper);

#endif
