# An image of ours with the packages of an earlier commit, in its build context, before its own.
ARG IMAGE
FROM ${IMAGE}
COPY . /previous
ENV PYTHONPATH=/previous
