import { answerOf } from './answers.ts';
import { decodeInputs, encodePredictions, mediaTypeOf } from './hugging-face/codec.ts';
import { predict } from './hugging-face/predict.ts';
import { type HttpReply, type HttpService, type Named, Refusal } from './service.ts';

const PATH = /^\/endpoints\/([a-zA-Z0-9](?:-*[a-zA-Z0-9]){0,62})\/invocations$/;
const VALIDATION: Named = { type: 'ValidationError', status: 400 };

/** SageMaker's runtime: an endpoint is a model, and speaks as the Hugging Face containers do. */
export const sagemaker: HttpService = {
  troubles: {
    full: { type: 'ServiceUnavailable', status: 503 },
    unavailable: { type: 'ModelNotReadyException', status: 429 },
    'no-model': { type: 'ModelNotReadyException', status: 429 },
    'too-long': VALIDATION,
    failed: { type: 'InternalFailure', status: 500 },
  },
  accepts: ({ method, path }) => method === 'POST' && PATH.test(path),
  async answer(call, back) {
    const endpoint = PATH.exec(call.path)?.[1] ?? '';
    const model = back.route('sagemaker:InvokeEndpoint', endpoint);
    if (model === undefined) throw new Refusal(VALIDATION, `Endpoint ${endpoint} of this device not found.`);
    const facts = back.facts(model);
    const accept = mediaTypeOf(call.header('accept')) ?? 'application/json';
    const request = decodeInputs(call.body, mediaTypeOf(call.header('content-type')), accept);
    const predictions = predict(request, facts);
    const inferenceId = call.header('x-amzn-sagemaker-inference-id');
    const stem = inferenceId !== undefined && inferenceId.length <= 64 ? inferenceId : call.requestId;
    const texts = request.texts.map((text, index) => ({ id: request.isList ? `${stem}/${index}` : stem, text }));
    const outcomes = await back.ask(model, texts);
    const body = encodePredictions(predictions(outcomes.map(answerOf)), accept);
    const attributes = call.header('x-amzn-sagemaker-custom-attributes');
    return {
      status: 200,
      headers: {
        'content-type': accept,
        'x-amzn-invoked-production-variant': 'AllTraffic',
        ...(attributes === undefined ? {} : { 'x-amzn-sagemaker-custom-attributes': attributes }),
      },
      body,
    };
  },
  refuse: ({ type, status, message, members }) => refusal(type, status, { Message: message, ...members }),
};

function refusal(type: string, status: number, body: object): HttpReply {
  const headers = { 'content-type': 'application/json', 'x-amzn-errortype': type };
  return { status, headers, body: JSON.stringify(body) };
}
