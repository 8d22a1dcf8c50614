"""What can be said of a loss, a model or a run: curvature, forecasts, surfaces, verdicts."""
