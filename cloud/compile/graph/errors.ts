import { defineErrors } from '../../../component/contract/error.ts';

const ours = 'This is a fault of the compiler; please report it with the model';

/** What can be wrong with a graph as such, whoever made it. */
export const graphErrors = defineErrors({
  GRAPH_NAME_TAKEN: { fault: 'verge', next: ours },
  GRAPH_INITIALIZER_SIZE: { fault: 'verge', next: ours },
  GRAPH_VALUE_UNKNOWN: { fault: 'verge', next: ours },
  GRAPH_NODE_UNKNOWN: { fault: 'verge', next: ours },
  GRAPH_OPERATOR_UNKNOWN: { fault: 'verge', next: ours },
  GRAPH_INPUT: { fault: 'verge', next: ours },
  GRAPH_TYPE_MISMATCH: { fault: 'verge', next: ours },
  GRAPH_SHAPE_MISMATCH: { fault: 'verge', next: ours },
  GRAPH_ATTRIBUTE: { fault: 'verge', next: ours },
  GRAPH_OUTPUT: { fault: 'verge', next: ours },
});
