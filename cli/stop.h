// Ctrl-C and SIGTERM: a flag that long loops look at, so that a command stops cleanly. SIGHUP: for
// a server, the wish to read its keys again.
#ifndef HFTSIM_CLI_STOP_H
#define HFTSIM_CLI_STOP_H

#include <stdbool.h>

// From now on the first SIGINT or SIGTERM sets the flag; the second one ends the process.
void cli_stop_install(void);
bool cli_stopped(void);
// The signal that came first, or 0.
int cli_stop_signal(void);

// From now on a SIGHUP does not end the process: cli_hung_up is true once after it.
void cli_hangup_install(void);
bool cli_hung_up(void);

#endif
