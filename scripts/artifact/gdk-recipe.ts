import { runtimeRecipe } from '../../recipes/runtime-recipe.ts';
import { writeRecipe } from '../../recipes/write-recipe.ts';

/** The GDK follows its `recipe.yaml` to this file, and looks for the built recipe under the same name. */
export const GDK_RECIPE_FILE = 'verge.Runtime.yaml';

const HEAD = `# Written by \`npm run build:component\` from recipes/runtime-recipe.ts: change that, not this.
# BUCKET_NAME, COMPONENT_NAME and COMPONENT_VERSION are filled in when the component is published (fact N5).
`;

/** The runtime's recipe with the placeholders that the GDK fills in; the component's name has to be its own. */
export function gdkRecipe(): string {
  const recipe = runtimeRecipe({
    version: '{COMPONENT_VERSION}',
    artifactUri: (file) => `s3://BUCKET_NAME/COMPONENT_NAME/COMPONENT_VERSION/${file}`,
  });
  return HEAD + writeRecipe(recipe);
}
