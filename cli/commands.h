// The commands. Each takes the arguments from its own name on and returns the exit code.
#ifndef HFTSIM_CLI_COMMANDS_H
#define HFTSIM_CLI_COMMANDS_H

int cmd_serve(int argc, char **argv);
int cmd_keygen(int argc, char **argv);
int cmd_gen(int argc, char **argv);
int cmd_baseline(int argc, char **argv);
int cmd_compare(int argc, char **argv);
int cmd_evaluate(int argc, char **argv);
int cmd_impact(int argc, char **argv);
int cmd_tasks(int argc, char **argv);
int cmd_train(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_calibrate(int argc, char **argv);
int cmd_validate(int argc, char **argv);
int cmd_bench(int argc, char **argv);
int cmd_config(int argc, char **argv);

#endif
