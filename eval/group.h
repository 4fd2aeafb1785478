// What several agents do in one market: who trades with whom, how much of their trading is among
// themselves, and how much their ways of trading differ. Functions of the notes of several agents.
#ifndef HFTSIM_EVAL_GROUP_H
#define HFTSIM_EVAL_GROUP_H

#include "eval/record.h"

#define HFT_GROUP_MAX 1024  // agents

// An agent of a group. Borrowed.
typedef struct hft_member {
  const hft_trading *trading;
  hft_owner owner;
} hft_member;

// Writes lots[count][count + 2]: the lots that agent i traded with agent j, in column `count` with
// participants outside of the group, and in the last column with the exchange, which closes
// positions. Lots with other agents of the group are symmetric, if all trade at one instrument. An
// owner stands for one agent.
void hft_group_matrix(const hft_member *member, int count, int64_t *lots);

// Returns the coordination efficiency: 1 less the share of the agents' lots that they traded among
// themselves. Such trades move money within the group, and cost it fees and queue positions: 1 is
// best, 0 says that nobody traded with anybody else. NaN: no lots were traded.
double hft_group_coordination(const hft_member *member, int count);

// Returns the behavioural diversity in [0, 1]: the Jensen-Shannon divergence, in units of its
// largest value log(min(n, 6)), between the agents' shares of lots bought and sold as maker, as
// taker and otherwise. 0: all n agents trade alike; 1: no two of them have a way in common. Agents
// without a trade are left out. NaN: fewer than two have traded. J. Lin, "Divergence measures based
// on the Shannon entropy", IEEE Transactions on Information Theory 37, 1991.
double hft_group_diversity(const hft_member *member, int count);

#endif
