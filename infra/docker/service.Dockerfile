# One recipe for every service: `docker build -f infra/docker/service.Dockerfile --build-arg SERVICE=producer .`
# The services share every layer but the last, which says which of them to start; building the second takes a moment.
# The image keeps the paths of the repository: `node services/<name>/dist/main.js`, started in /app.
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS pnpm
WORKDIR /app
# The pinned pnpm runs already; without the third of these it insists on having itself in the lock file.
ENV CI=true NPM_CONFIG_UPDATE_NOTIFIER=false PNPM_CONFIG_PM_ON_FAIL=ignore
COPY package.json ./
RUN npm install --global --no-fund --no-audit "$(node -p 'require("./package.json").packageManager')"

# Only what decides about dependencies: a change in a source file must not install them again.
FROM pnpm AS manifests
COPY . /repository
RUN mkdir /manifests \
 && cd /repository \
 && find . -name package.json -exec cp --parents --target-directory=/manifests {} + \
 && cp pnpm-lock.yaml pnpm-workspace.yaml /manifests

FROM pnpm AS installed
COPY --from=manifests /manifests ./
RUN pnpm install --frozen-lockfile

FROM installed AS build
COPY tsconfig.base.json ./
COPY packages packages
COPY services services
# What runs, and nothing else: compiled sources, the console's page and the Redis scripts.
RUN pnpm exec tsc -b services/* \
 && pnpm --filter @millrace/console exec vite build --logLevel warn \
 && find packages services -name '*.tsbuildinfo' -path '*/dist/*' -delete \
 && mkdir /built \
 && cp --recursive --parents packages/*/dist packages/*/lua services/*/dist /built

# The stage before has verified the lock file and filled pnpm's store.
FROM installed AS production
WORKDIR /production
COPY --from=manifests /manifests ./
RUN pnpm install --frozen-lockfile --offline --trust-lockfile --prod --filter-prod '{services/*}...'

FROM ${NODE_IMAGE} AS service
WORKDIR /app
ENV NODE_ENV=production
# A volume that is mounted here starts with this owner.
RUN mkdir -p .millrace/witness && chown -R node:node .millrace
COPY --from=production /production ./
COPY --from=build /built ./
COPY infra/docker/check-ready.mjs infra/docker/
COPY config config
ARG SERVICE
# The exec form of CMD knows no variables; node follows the link to the path the service has in the repository.
RUN ln -s "services/${SERVICE}/dist/main.js" main.js
USER node
HEALTHCHECK --interval=5s --timeout=3s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["node", "infra/docker/check-ready.mjs"]
CMD ["node", "main.js"]
