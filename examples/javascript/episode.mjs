// Plays one episode of market making with a policy that leans against its inventory:
//
//   hftsim serve &
//   npm ci && node episode.mjs tcp://127.0.0.1:5555
//
// Prints the sum of rewards as JSON.
import {Client, Pool} from "./hftsim.mjs";

const client = new Client(process.argv[2] ?? "tcp://127.0.0.1:5555");
const pool = await Pool.make(client, {
  config: "market_making",
  overrides: {"env_config.episode_len": 200},
  seed: 1,
});
const {obs_names: names} = pool.spec.roles[0];
const inventory = names.indexOf("inventory");

let {results} = await pool.reset(), finals = null;
while (finals === null) {
  const held = results["obs/maker"][inventory];
  // Offsets in [-1, 1]: the larger the inventory, the lower both quotes. The last two are on.
  pool.actions["action/maker"].set([-0.6 + 5 * held, -0.6 - 5 * held, 1, 1]);
  ({results, finals} = await pool.step());
}
console.log(JSON.stringify({
  steps: finals.length[0],
  return: finals["return/maker"][0],
  spaces_hash: pool.spacesHash,
}));
await pool.close();
client.close();
