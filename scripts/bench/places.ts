/** As the peer runs, and `verge classify`. */
export const CALLERS_THREAD = '';
/** As on a device, whose event loop has links to serve (fact R1). */
export const OWN_THREAD = ' in a thread of its own';

/** Our session without anything around it, as it stands in the names of what is measured. */
export const NETWORK_ALONE = 'Verge, the network alone';

/** Where our side runs its texts, as it stands in the names of what is measured. */
export type Place = typeof CALLERS_THREAD | typeof OWN_THREAD;

export const PLACES: readonly Place[] = [CALLERS_THREAD, OWN_THREAD];
