// The end of the program that started this one, told by the end of standard input: a pipe that the
// owner holds open is closed by the system however the owner ends, SIGKILL included.
#ifndef HFTSIM_CLI_OWNER_H
#define HFTSIM_CLI_OWNER_H

#include <stdbool.h>

#include "sim/base/status.h"

// From now on the end of standard input sets the flag of cli/stop.h, as a SIGTERM does, and ends
// the process 30 seconds later if it still runs. What is written to standard input is read and
// dropped. To be called once, after cli_stop_install. HFT_EIO: a thread cannot be started.
hft_status cli_owner_watch(hft_error *error);
// Whether standard input has ended.
bool cli_owner_gone(void);

#endif
