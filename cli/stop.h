// Signals. A flag that long loops look at, so that a command stops cleanly and leaves no part of a
// file. SIGHUP: for a server, the wish to read its keys again.
#ifndef HFTSIM_CLI_STOP_H
#define HFTSIM_CLI_STOP_H

#include <stdbool.h>

// From now on the first SIGINT, SIGTERM, SIGQUIT, SIGHUP, SIGXCPU or SIGPIPE sets the flag. After
// it a further SIGINT, SIGTERM or SIGQUIT ends the process at once, half a second later or more
// (closer ones are taken for the same); the others do nothing more.
// SIGHUP, SIGQUIT and SIGPIPE stay ignored where they were (nohup).
void cli_stop_install(void);
bool cli_stopped(void);
// Sets the flag as a first SIGTERM does; ends the process as a further one does.
void cli_stop_set(void);
void cli_stop_force(void);

// From now on a write beyond the file size limit (ulimit -f) fails with EFBIG, as on a full disk,
// instead of ending the process.
void cli_ignore_size_limit(void);

// From now on a SIGHUP does not end the process: cli_hung_up is true once after it. To be called
// after cli_stop_install.
void cli_hangup_install(void);
bool cli_hung_up(void);

#endif
