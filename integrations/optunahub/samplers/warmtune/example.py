"""A study over a search space that the service knows by name, and where each configuration came from."""

import optuna
import optunahub
from sklearn.datasets import load_breast_cancer
from sklearn.model_selection import cross_val_score

import warmtune

X, y = load_breast_cancer(return_X_y=True, as_frame=True)
ORIGINS = {True: "recommended", False: "suggested", None: "sampled"}


def main() -> None:
    """Tune six trials and print them; `WARMTUNE_URL` names the service."""
    sampler_class = optunahub.load_module(package="samplers/warmtune").WarmtuneSampler
    with warmtune.Client() as client:
        space = client.get_search_space("knn", kind="binary").search_space
        sampler = sampler_class(client, X, y, search_space="knn", metric="accuracy", n_startup=3, seed=0)
        study = optuna.create_study(direction="maximize", sampler=sampler)

        def objective(trial: optuna.Trial) -> float:
            configuration = warmtune.suggest(trial, space)
            trial.set_user_attr("origin", ORIGINS[sampler.is_recommended(study, trial)])
            model = warmtune.build("knn", configuration, X, kind="binary")  # a pipeline, by `warmtune[sklearn]`
            return float(cross_val_score(model, X, y, cv=3).mean())

        study.optimize(objective, n_trials=6)
        for trial in study.trials:
            print(trial.number, trial.user_attrs["origin"], f"{trial.value:.4f}")
        print(study.best_trial.params)


if __name__ == "__main__":
    main()
