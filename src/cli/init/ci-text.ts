import { version } from '../version.ts';

export type CiSystem = 'github' | 'gitlab';
/** Where the job lies; a pipeline of GitLab is one file, so that ours is one to include. */
export const ciFiles: Readonly<Record<CiSystem, string>> = { github: '.github/workflows/encaudit.yml', gitlab: '.gitlab/encaudit.gitlab-ci.yml' };

/** Majors as of November 2026, looked up in the tags of each repository. */
const actions = {
  checkout: 'actions/checkout@v7',
  node: 'actions/setup-node@v7',
  sarif: 'github/codeql-action/upload-sarif@v4',
  aws: 'aws-actions/configure-aws-credentials@v6',
} as const;

const github = `# Made by \`encaudit init\`. Looks at the targets of encaudit.yaml and fails where its gate fails.
name: encaudit
on:
  push:
    branches: [main, master]
  pull_request:
  schedule:
    - cron: '17 4 * * 1' # certificates run out between two pushes
  workflow_dispatch:
permissions: {}
jobs:
  encaudit:
    runs-on: ubuntu-latest
    timeout-minutes: 30
    permissions:
      contents: read
      security-events: write # the upload of SARIF, below
      # For aws: targets, with a role that trusts this repository:
      #id-token: write
    steps:
      - uses: ${actions.checkout}
        with:
          persist-credentials: false
          fetch-depth: 2 # a pull request is looked at as merged: the first parent is the branch that it goes to
      - uses: ${actions.node}
        with:
          node-version: 24
      #- uses: ${actions.aws}
      #  with:
      #    role-to-assume: arn:aws:iam::123456789012:role/encaudit
      #    aws-region: eu-west-1

      # A pull request must not decide about its own gate: the policy is encaudit.yaml as the target branch has it, outside of the checkout.
      # Whoever may change this workflow can still do so: protect it by a rule of the repository, or keep it elsewhere.
      - name: Policy of the target branch
        if: github.event_name == 'pull_request'
        run: |
          if git cat-file -e HEAD^1:encaudit.yaml; then
            mkdir "$RUNNER_TEMP/base"
            git archive HEAD^1 | tar -x -C "$RUNNER_TEMP/base"
            echo "ENCAUDIT_POLICY=$RUNNER_TEMP/base/encaudit.yaml" >> "$GITHUB_ENV"
            echo "ENCAUDIT_STRICT_POLICY=true" >> "$GITHUB_ENV"
          fi
      - name: Install, where no .npmrc and no node_modules of the checkout count
        working-directory: \${{ runner.temp }}
        run: npm install --no-audit --no-fund --prefix "$RUNNER_TEMP/encaudit" encaudit@${version}
      - name: Scan
        run: |
          "$RUNNER_TEMP/encaudit/node_modules/.bin/encaudit" scan -f terminal -f sarif=encaudit.sarif -f markdown=encaudit.md -f json=encaudit.json
      - name: Summary
        if: \${{ !cancelled() && hashFiles('encaudit.md') != '' }}
        run: cat encaudit.md >> "$GITHUB_STEP_SUMMARY"
      - name: Code scanning
        # The token of a pull request from a fork may not write.
        if: \${{ !cancelled() && hashFiles('encaudit.sarif') != '' && (github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository) }}
        uses: ${actions.sarif}
        with:
          sarif_file: encaudit.sarif
          category: encaudit
`;

const gitlab = `# Made by \`encaudit init\`. Looks at the targets of encaudit.yaml and fails where its gate fails.
# It does nothing before .gitlab-ci.yml includes it:
#   include:
#     - local: ${ciFiles.gitlab}
encaudit:
  stage: test
  image: node:24
  timeout: 30 minutes
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_PIPELINE_SOURCE == "schedule"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
  script:
    # A merge request must not decide about its own gate: the policy is encaudit.yaml as the target branch has it, outside of the checkout.
    - |
      if [ -n "$CI_MERGE_REQUEST_TARGET_BRANCH_NAME" ]; then
        git fetch --quiet --depth 1 origin "refs/heads/$CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
        if git cat-file -e FETCH_HEAD:encaudit.yaml; then
          base=$(mktemp -d)
          git archive FETCH_HEAD | tar -x -C "$base"
          export ENCAUDIT_POLICY="$base/encaudit.yaml" ENCAUDIT_STRICT_POLICY=true
        fi
      fi
    # Installed where no .npmrc and no node_modules of the checkout count.
    - tool=$(mktemp -d)
    - (cd "$tool" && npm install --no-audit --no-fund --prefix "$tool" encaudit@${version})
    - '"$tool/node_modules/.bin/encaudit" scan -f terminal -f junit=encaudit.xml -f json=encaudit.json'
  artifacts:
    when: always
    expire_in: 30 days
    paths: [encaudit.json]
    reports:
      junit: encaudit.xml
`;

export const ciTexts: Readonly<Record<CiSystem, string>> = { github, gitlab };
