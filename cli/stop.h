// Stopping a command cleanly: on a signal, or when the program that started it ends. Both set a
// flag that long loops check, so that no half-written file is left behind.
#ifndef HFTSIM_CLI_STOP_H
#define HFTSIM_CLI_STOP_H

#include <stdbool.h>

#include "sim/base/status.h"

// Installs the handlers. From then on the first SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGXCPU or
// SIGPIPE sets the flag. Another SIGINT, SIGTERM or SIGQUIT at least half a second later ends the
// process at once; within half a second it counts as the same one. Further signals of the other
// kinds do nothing. SIGHUP, SIGQUIT and SIGPIPE stay ignored if they were (nohup).
void cli_stop_install(void);

// Whether the flag is set. Any thread may call it.
bool cli_stopped(void);

// Sets the flag at the end of standard input, as a SIGTERM does, and ends the process 30 seconds
// later if it still runs. A program that starts this one and holds the other end of that pipe thus
// takes it along however it ends, SIGKILL included: the system closes its pipes. Whatever is
// written to standard input is read and dropped. Call it once, after cli_stop_install. HFT_EIO: a
// thread cannot be started.
hft_status cli_stop_with_stdin(hft_error *error);

// Whether standard input has ended since cli_stop_with_stdin.
bool cli_stdin_ended(void);

// Ignores SIGXFSZ: a write beyond the file size limit (ulimit -f) fails with EFBIG, as on a full
// disk, instead of ending the process.
void cli_ignore_size_limit(void);

// Makes SIGHUP a request to reload, which cli_hung_up reports, instead of a stop. Call it after
// cli_stop_install.
void cli_hangup_install(void);

// True once after each SIGHUP.
bool cli_hung_up(void);

#endif
