import type {
  CreateComponentVersionCommandInput,
  DeleteComponentCommandInput,
  DescribeComponentCommandInput,
  GetComponentCommandInput,
  ListComponentsCommandInput,
  ListComponentVersionsCommandInput,
  ResolveComponentCandidatesCommandInput,
} from '@aws-sdk/client-greengrassv2';
import { satisfies } from 'semver';
import { pageOf } from '../aws/page.ts';
import type { Call, Handler } from '../aws/service.ts';
import type { Components, ComponentVersion } from './components.ts';
import { fitsPlatform, platformsOf, writeRecipe } from './recipe.ts';
import { conflict, invalid, notFound, PAGES } from './refusals.ts';

export function componentHandlers(components: Components): Record<string, Handler> {
  return {
    CreateComponentVersion(input: CreateComponentVersionCommandInput, { now }: Call) {
      if (input.lambdaFunction) throw invalid('The stand-in makes no components of Lambda functions.');
      if (!input.inlineRecipe) throw invalid('A recipe must be given.');
      const { tags = {}, clientToken, inlineRecipe: recipe } = input;
      const { name, version, createdAt } = components.create({ recipe, tags, clientToken }, now);
      return {
        arn: components.arn(name, version),
        componentName: name,
        componentVersion: version,
        creationTimestamp: new Date(createdAt),
        status: { componentState: 'REQUESTED', message: 'NONE', errors: {} },
      };
    },
    GetComponent({ arn = '', recipeOutputFormat = 'JSON' }: GetComponentCommandInput) {
      const { recipe, tags } = components.byArn(arn);
      return { recipeOutputFormat, recipe: writeRecipe(recipe, recipeOutputFormat), tags };
    },
    DescribeComponent({ arn = '' }: DescribeComponentCommandInput) {
      const component = components.byArn(arn);
      return {
        ...latest(components, component),
        componentName: component.name,
        status: statusOf(component),
        tags: component.tags,
      };
    },
    ListComponents(input: ListComponentsCommandInput) {
      const names = input.scope === 'PUBLIC' ? [] : components.names();
      const { items, nextToken } = pageOf(names, (name) => name, input, PAGES);
      return {
        components: items.map((name) => {
          const [newest] = components.versions(name);
          return {
            arn: components.arn(name),
            componentName: name,
            latestVersion: newest && latest(components, newest),
          };
        }),
        nextToken,
      };
    },
    ListComponentVersions(input: ListComponentVersionsCommandInput) {
      const name = components.nameIn(input.arn ?? '');
      const versions = components.versions(name);
      if (versions.length === 0) throw notFound('component', components.arn(name));
      const { items, nextToken } = pageOf(versions, ({ version }) => version, input, PAGES);
      return {
        componentVersions: items.map(({ version }) => ({
          componentName: name,
          componentVersion: version,
          arn: components.arn(name, version),
        })),
        nextToken,
      };
    },
    DeleteComponent({ arn = '' }: DeleteComponentCommandInput) {
      const component = components.byArn(arn);
      if (component.state === 'REQUESTED') {
        throw conflict(`Component ${arn} is being created.`, 'componentVersion', arn);
      }
      components.remove(component);
      return {};
    },
    ResolveComponentCandidates({ platform, componentCandidates = [] }: ResolveComponentCandidatesCommandInput) {
      const attributes = platform?.attributes ?? {};
      return {
        resolvedComponentVersions: componentCandidates.map(
          ({ componentName: name = '', componentVersion, versionRequirements = {} }) => {
            // `==1.0.0` is how the Java nucleus writes that it wants one version.
            const wanted = Object.values(versionRequirements).map((range) => range.replace(/^==/, '='));
            const found = components
              .versions(name)
              .filter(({ state, recipe }) => state === 'DEPLOYABLE' && fitsPlatform(recipe, attributes))
              .filter(({ version }) => wanted.every((range) => satisfies(version, range)));
            // A version that the device has already is kept where it still fits (fact L9).
            const best = found.find(({ version }) => version === componentVersion) ?? found[0];
            if (!best) {
              throw notFound(
                'component',
                `${name} that satisfies ${wanted.join(' and ') || '*'} on ${JSON.stringify(attributes)}`,
              );
            }
            return {
              arn: components.arn(name, best.version),
              componentName: name,
              componentVersion: best.version,
              recipe: writeRecipe(best.recipe, 'JSON'),
              vendorGuidance: 'ACTIVE',
            };
          },
        ),
      };
    },
  };
}

function latest(components: Components, { name, version, recipe, createdAt }: ComponentVersion): object {
  return {
    arn: components.arn(name, version),
    componentVersion: version,
    creationTimestamp: new Date(createdAt),
    description: recipe.ComponentDescription,
    publisher: recipe.ComponentPublisher,
    platforms: platformsOf(recipe),
  };
}

function statusOf({ state, message, errors }: ComponentVersion): object {
  return { componentState: state, message, errors, vendorGuidance: 'ACTIVE' };
}
