from flask import Blueprint

routes = Blueprint("agency", __name__)
