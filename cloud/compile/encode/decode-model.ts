import { checkStructure } from '../graph/check-structure.ts';
import type { Attribute, Graph, GraphNode, Initializer, OperatorDomain, ValueInfo } from '../graph/graph.ts';
import { decodeAttribute } from './decode-attribute.ts';
import { decodeTensor, type ReadExternal } from './decode-tensor.ts';
import { decodeValueInfo } from './decode-value-info.ts';
import { encodeErrors } from './errors.ts';
import { fields, malformed, tooLarge } from './fields.ts';
import { LIMITS, MAX_OPSET, MIN_OPSET } from './limits.ts';
import { GRAPH, MODEL, NODE, OPERATOR_SET } from './schema.ts';

/**
 * Decodes an ONNX model (`ModelProto`) that anybody may have written. Sizes, counts and nesting are bounded; functions,
 * subgraphs, sparse tensors, unknown operator domains and element types are refused by name. Values that a file lists
 * twice, as input and as initialiser, become initialisers. Nodes without a name of their own get one.
 */
export function decodeModel(bytes: Uint8Array, readExternal: ReadExternal): Graph {
  if (bytes.length > LIMITS.modelBytes) throw tooLarge('size in bytes', LIMITS.modelBytes);
  let graphBytes: Uint8Array | undefined;
  const opsets = new Map<string, number>();
  for (const field of fields(bytes, 'model')) {
    if (field.number === MODEL.graph) graphBytes = field.bytes();
    else if (field.number === MODEL.opsetImport) readOpset(field.bytes(), opsets);
    else if (field.number === MODEL.functions) throw unsupported('the model defines functions of its own');
    else if (field.number === MODEL.trainingInfo) throw unsupported('the model holds training information');
  }
  if (graphBytes === undefined) throw malformed('there is no graph in it');
  const opset = opsets.get('') ?? opsets.get('ai.onnx') ?? 0;
  if (opset < MIN_OPSET || opset > MAX_OPSET) {
    throw encodeErrors.make(
      'ONNX_OPSET',
      `ONNX model: it uses opset ${opset}; supported are ${MIN_OPSET} to ${MAX_OPSET}`,
    );
  }
  const graph = decodeGraph(graphBytes, opset, readExternal);
  checkStructure(graph);
  return graph;
}

function readOpset(bytes: Uint8Array, opsets: Map<string, number>): void {
  let [domain, version] = ['', 0];
  for (const field of fields(bytes, 'opset')) {
    if (field.number === OPERATOR_SET.domain) domain = field.text();
    if (field.number === OPERATOR_SET.version) version = field.integer();
  }
  opsets.set(domain, version);
}

function decodeGraph(bytes: Uint8Array, opset: number, readExternal: ReadExternal): Graph {
  let name = '';
  const inputs: ValueInfo[] = [];
  const outputs: ValueInfo[] = [];
  const initializers = new Map<string, Initializer>();
  const nodes: GraphNode[] = [];
  const nodeNames = new Set<string>();
  for (const field of fields(bytes, 'graph')) {
    switch (field.number) {
      case GRAPH.name:
        name = field.text();
        break;
      case GRAPH.node:
        if (nodes.length >= LIMITS.nodes) throw tooLarge('number of nodes', LIMITS.nodes);
        nodes.push(decodeNode(field.bytes(), nodes.length, nodeNames));
        break;
      case GRAPH.initializer: {
        if (initializers.size >= LIMITS.initializers) throw tooLarge('number of initialisers', LIMITS.initializers);
        const initializer = decodeTensor(field.bytes(), `initialiser ${initializers.size}`, readExternal);
        if (initializers.has(initializer.name)) throw malformed(`two initialisers are named '${initializer.name}'`);
        initializers.set(initializer.name, initializer);
        break;
      }
      case GRAPH.input:
      case GRAPH.output: {
        const list = field.number === GRAPH.input ? inputs : outputs;
        // Before IR 4 every initialiser was listed as an input, too.
        const limit = LIMITS.values + (field.number === GRAPH.input ? LIMITS.initializers : 0);
        if (list.length >= limit) throw tooLarge('number of graph inputs or outputs', limit);
        list.push(decodeValueInfo(field.bytes()));
        break;
      }
      case GRAPH.sparseInitializer:
        throw unsupported('it holds sparse tensors');
    }
  }
  return {
    name,
    opset,
    inputs: inputs.filter((input) => !initializers.has(input.name)),
    outputs,
    initializers,
    nodes,
  };
}

function decodeNode(bytes: Uint8Array, index: number, taken: Set<string>): GraphNode {
  let [name, operator, domain] = ['', '', ''];
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  for (const field of fields(bytes, `node ${index}`)) {
    switch (field.number) {
      case NODE.input:
      case NODE.output: {
        const list = field.number === NODE.input ? inputs : outputs;
        if (list.length >= LIMITS.inputsPerNode) throw tooLarge(`node ${index}: inputs`, LIMITS.inputsPerNode);
        list.push(field.text());
        break;
      }
      case NODE.name:
        name = field.text();
        break;
      case NODE.operator:
        operator = field.text();
        break;
      case NODE.domain:
        domain = field.text();
        break;
      case NODE.attribute: {
        const decoded = decodeAttribute(field.bytes(), `node ${index} (${name} ${operator})`);
        attributes.set(decoded.name, decoded.attribute);
        if (attributes.size > LIMITS.attributesPerNode) {
          throw tooLarge(`node ${index}: attributes`, LIMITS.attributesPerNode);
        }
      }
    }
  }
  const fresh = freshName(name === '' ? `${operator}_${index}` : name, taken);
  return {
    name: fresh,
    operator,
    domain: knownDomain(domain, fresh, operator),
    inputs,
    outputs,
    attributes: Object.fromEntries(attributes),
  };
}

function freshName(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let count = 2; taken.has(name); count += 1) name = `${wanted}.${count}`;
  taken.add(name);
  return name;
}

function knownDomain(domain: string, name: string, operator: string): OperatorDomain {
  if (domain === '' || domain === 'ai.onnx') return '';
  if (domain === 'com.microsoft') return domain;
  throw encodeErrors.make(
    'ONNX_DOMAIN',
    `ONNX model: node ${name} (${operator}) is of operator domain '${domain}'; known are ai.onnx and com.microsoft`,
  );
}

function unsupported(what: string): Error {
  return encodeErrors.make('ONNX_UNSUPPORTED', `ONNX model: ${what}`);
}
